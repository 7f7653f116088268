"""What can be seen of a model's quality without a network: artefacts of building, and packing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.spatial import cKDTree
from torch_geometric.data import Data

__all__ = [
    "ARTEFACT_NAMES",
    "MODEL_NAMES",
    "PACKING_NAMES",
    "artefact_features",
    "model_features",
    "packing_features",
]

Array = npt.NDArray[np.float64]

CLASH = 3.0
"""CA atoms of residues that are no neighbours in the chain are never as close as this, Å."""
BREAK = 4.5
"""CA atoms of neighbours in the chain are never as far apart as this, Å."""
TIGHT = 3.6
RADII = (6.0, 8.0, 10.0, 12.0, 16.0)
WIDTHS = (4.0, 8.0)
LOCAL = 3
"""Residues this far apart in the chain are near each other whatever the fold."""
WINDOW = 4
FAR = 20
TYPES = 21

ARTEFACT_NAMES = (
    "clashes",
    "tight",
    "step",
    "broken",
    "at_gap",
    "to_fault",
    "near_clashes",
    "model_clashes",
    "model_breaks",
    "model_gaps",
    "coverage",
)
PACKING_NAMES = (
    *(f"contacts_{radius:g}" for radius in RADII),
    *(f"density_{width:g}" for width in WIDTHS),
    *(f"window_contacts_{radius:g}" for radius in RADII),
    "mean_contacts_10",
    "contact_order",
    "to_end",
    "log_length",
    *(f"type_{number}" for number in range(TYPES)),
)
MODEL_NAMES = (
    "clashes",
    "tight",
    "breaks",
    "gaps",
    "coverage",
    "log_length",
    *(f"mean_contacts_{radius:g}" for radius in RADII),
    "spread_contacts_10",
    "contact_order",
)


def artefact_features(data: Data) -> Array:
    """What the building of a model left: float64 ``[N, len(ARTEFACT_NAMES)]``, no packing.

    Of each residue: CA atoms closer than 3.0 Å (a clash, counted as in the corpus of comparative
    models) and than 3.6 Å, residues of the same or a next place left out; the longer of the steps
    to its neighbours (Å); whether it is over 4.5 Å; whether a residue is missing beside it;
    residues to the nearest of such faults (at most 20); clashes within 4 residues. Of the whole
    model: clashes, breaks, gaps, and the share of residues that it has.

    Args:
        data: a model in the order of its chain, with `pos`, `chain` and `residue_number`; its
            `coverage` ``[1]`` is taken if it is known, else that between its ends.
    """
    faults = _Faults(data)
    clashes, tight = faults.close(CLASH), faults.close(TIGHT)
    beside = np.stack([np.append(0.0, faults.step), np.append(faults.step, 0.0)])
    step = beside.max(0)
    broken = step > BREAK
    missing = faults.missing.astype(float)
    at_gap = np.maximum(np.append(0.0, missing), np.append(missing, 0.0))
    marked = np.flatnonzero((clashes > 0) | broken | (at_gap > 0))
    rows = np.arange(len(step))
    to_fault = np.full(len(step), float(FAR))
    if len(marked):
        to_fault = np.minimum(FAR, np.abs(rows[:, None] - marked).min(1)).astype(float)
    whole = [clashes.sum() / 2, faults.breaks, faults.gaps, faults.coverage]
    columns = [clashes, tight, step, broken, at_gap, to_fault, _window(clashes) * (2 * WINDOW + 1)]
    return np.stack([*columns, *(np.full(len(step), one) for one in whole)], 1).astype(float)


def packing_features(data: Data) -> Array:
    """How densely a model is packed: float64 ``[N, len(PACKING_NAMES)]``.

    Of each residue: CA atoms within 6 to 16 Å (contact numbers), weighted by Gaussians of 4 and
    8 Å (local density), contact numbers averaged over 4 residues on either side; of residues 3 or
    more places apart. Mean of the whole model, contact order (mean separation in the chain over
    contacts within 8 Å, relative to its length), residues to the nearer end (at most 20),
    logarithm of the length, amino acid.

    Args:
        data: a model in the order of its chain, with `pos`, `chain`, `residue_number` and
            `residue_type`.
    """
    faults = _Faults(data)
    size = len(faults.place)
    first, second, distance, apart = faults.pairs(RADII[-1], LOCAL)
    contacts = np.stack([_count(first, second, size, distance <= one) for one in RADII], 1)
    density = np.stack(
        [_count(first, second, size, np.exp(-((distance / one) ** 2))) for one in WIDTHS], 1
    )
    rows = np.arange(size)
    to_end = np.minimum(FAR, np.minimum(rows, size - 1 - rows))
    types = np.eye(TYPES)[np.minimum(data.residue_type.numpy(), TYPES - 1)]
    order = _contact_order(distance, apart, size)
    whole = [contacts[:, 2].mean(), order]
    columns = [*(np.full(size, one) for one in whole), to_end, np.full(size, np.log(size))]
    return np.concatenate(
        [contacts, density, _window(contacts), np.stack(columns, 1), types], 1
    ).astype(float)


def model_features(data: Data) -> Array:
    """Artefacts and packing of a whole model: float64 ``[len(MODEL_NAMES)]``.

    Counts of clashes, of CA atoms under 3.6 Å, breaks and gaps; coverage; logarithm of the length;
    mean contact numbers, the spread of that at 10 Å, and contact order.

    Args:
        data: as for `artefact_features`.
    """
    faults = _Faults(data)
    size = len(faults.place)
    first, second, distance, apart = faults.pairs(RADII[-1], LOCAL)
    contacts = np.stack([_count(first, second, size, distance <= one) for one in RADII], 1)
    counts = [faults.close(CLASH).sum() / 2, faults.close(TIGHT).sum() / 2]
    return np.array(
        [
            *(*counts, faults.breaks, faults.gaps, faults.coverage, np.log(size)),
            *contacts.mean(0),
            contacts[:, 2].std(),
            _contact_order(distance, apart, size),
        ],
        float,
    )


class _Faults:
    """Steps, breaks, gaps and close pairs of a model."""

    def __init__(self, data: Data) -> None:
        self.pos = data.pos.numpy().astype(float)
        chain, number = data.chain.numpy(), data.residue_number.numpy()
        together = chain[1:] == chain[:-1]
        # Residues of different chains are never neighbours: places jump by more than any window.
        self.place = number + chain * (int(np.ptp(number)) + 1000)
        self.missing = together & (np.diff(number) > 1)
        bonded = together & (np.diff(number) <= 1)
        length = np.linalg.norm(np.diff(self.pos, axis=0), axis=1)
        self.step = np.where(bonded, length, 0.0)
        self.breaks = int((self.step > BREAK).sum())
        self.gaps = int(self.missing.sum())
        spans = len(number) + int((np.diff(number)[self.missing] - 1).sum())
        known = getattr(data, "coverage", None)
        self.coverage = len(number) / spans if known is None else float(known)

    def pairs(self, radius: float, apart: int) -> tuple[npt.NDArray[np.int64], ...]:
        """Rows of pairs within a distance, their distances, and their separation in the chain."""
        first, second = cKDTree(self.pos).query_pairs(radius, output_type="ndarray").T
        separation = np.abs(self.place[first] - self.place[second])
        kept = separation >= apart
        first, second = first[kept], second[kept]
        distance = np.linalg.norm(self.pos[first] - self.pos[second], axis=1)
        return first, second, distance, separation[kept]

    def close(self, radius: float) -> Array:
        """CA atoms closer than that, neighbours in the chain left out, of each residue."""
        first, second, distance, _ = self.pairs(radius, 2)
        return _count(first, second, len(self.place), distance < radius)


def _count(
    first: npt.NDArray[np.int64], second: npt.NDArray[np.int64], size: int, weight: Array
) -> Array:
    """Sum of the weights of the pairs of each row."""
    ends = np.concatenate([first, second])
    return np.bincount(ends, np.tile(weight, 2).astype(float), minlength=size)


def _contact_order(distance: Array, apart: Array, size: int) -> float:
    near = distance <= RADII[1]
    return float(apart[near].mean()) / size if near.any() else 0.0


def _window(values: Array) -> Array:
    """Mean over the residues within 4 places, with zeros beyond the ends."""
    size = len(values)
    rows = np.arange(size)[:, None] + np.arange(-WINDOW, WINDOW + 1)
    inside = (rows >= 0) & (rows < size)
    source = np.repeat(np.arange(size), inside.sum(1))
    band = coo_array((np.ones(len(source)), (source, rows[inside])), (size, size)).tocsr()
    mean: Array = (band @ values) / (2 * WINDOW + 1)
    return mean
