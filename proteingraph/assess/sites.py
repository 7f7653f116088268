"""Sites where other proteins bind: probability of each residue, and those that are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proteingraph.assess.prediction import (
    ResiduePrediction,
    Source,
    predict_residues,
    residue_label,
)
from proteingraph.assess.task import NamedTask, TaskSource, open_residue_task
from proteingraph.errors import ConfigError
from proteingraph.io import Structure

__all__ = ["SitePrediction", "open_sites", "predict_sites", "residue_ranges"]

EVEN = 0.5
"""Threshold of a task that has chosen none."""


@dataclass(frozen=True, eq=False)
class SitePrediction(ResiduePrediction):
    """Probability of each residue of a structure to be of a site: `values`.

    Attributes:
        threshold: Probability from which on a residue is called one.
    """

    threshold: float = EVEN

    @property
    def called(self) -> NDArray[np.bool_]:
        """Which residues are called, ``[L]``."""
        return self.values >= self.threshold

    def called_of_chains(self) -> dict[str, list[str]]:
        """Residues called, as ranges such as ``["12-15", "18", "40A"]``, of each chain."""
        chain = self.structure.chain
        return {
            name: residue_ranges(self.structure, self.called & (chain == name))
            for name, _ in self.chain_rows()
        }

    def to_dict(self) -> dict[str, Any]:
        """All of it as nested dictionaries of plain values.

        Of each chain `expected` is the sum of its probabilities: about how many residues are of a
        site, where `called` may be more, as a threshold that is best over all chains calls many
        of a short one.
        """
        called = self.called_of_chains()
        return {
            **self.about(),
            "threshold": self.threshold,
            "chains": [
                {
                    "chain": chain,
                    "residues": len(rows),
                    "expected": round(float(np.nansum(self.values[rows], dtype=np.float64)), 1),
                    "called": int(self.called[rows].sum()),
                    "ranges": called[chain],
                }
                for chain, rows in self.chain_rows()
            ],
            "residues": self.residues("probability", called=self.called),
        }


def residue_ranges(structure: Structure, chosen: NDArray[np.bool_]) -> list[str]:
    """Residues as ranges from a first to a last one, in the order of the structure.

    A range does not run over a break of the chain: all of its residues are there.

    Args:
        structure: Structure of L residues.
        chosen: Which of them, ``[L]``.

    Returns:
        Such as ``["12-15", "18", "40A"]``.
    """
    rows = np.flatnonzero(chosen)
    parted = (np.diff(rows) != 1) | (np.diff(structure.segment[rows]) != 0)
    parted |= structure.chain[rows][1:] != structure.chain[rows][:-1]
    runs = np.split(rows, np.flatnonzero(parted) + 1)
    ends = (
        (residue_label(structure, row) for row in (run[0], run[-1])) for run in runs if len(run)
    )
    return ["-".join(dict.fromkeys(pair)) for pair in ends]


def open_sites(model: TaskSource = "sites_base") -> NamedTask:
    """Load a task that predicts sites of residues; see `predict_sites`."""
    return open_residue_task(model, "binary", "sites")


def predict_sites(
    source: Source, model: TaskSource = "sites_base", threshold: float | None = None
) -> SitePrediction:
    """Predict the probability of each residue to be where another protein binds.

    Each chain is shown on its own: a partner that is bound in the file would give the site away.

    Args:
        source: Structure file (PDB, mmCIF, BinaryCIF, also gzipped), or a structure.
        model: Name of a task of the zoo, folder of a trained one that predicts yes or no of
            residues, or what `open_sites` loaded. (default: :obj:`"sites_base"`)
        threshold: Probability from which on a residue is called. (default: the one that the task
            chose on its validation set, else 0.5)

    Raises:
        StructureError: If the file cannot be read, or no residue has a CA atom.
        WeightsError: If there is no such task, or it is damaged.
        ConfigError: If it predicts something else or needs further features, or the threshold is
            not from 0 to 1.
    """
    if threshold is not None and not 0 <= threshold <= 1:
        raise ConfigError(f"threshold must be from 0 to 1, got {threshold:g}")
    named = open_sites(model)
    if threshold is None:
        threshold = EVEN if named.task.threshold is None else named.task.threshold
    return SitePrediction(**predict_residues(source, named), threshold=threshold)
