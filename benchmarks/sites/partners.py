"""Chains of docking-benchmark complexes, bound and free, with their sites."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from benchmarks.common.alignment import align_sequences
from proteingraph.datasets.sites import InterfaceLabels, interface_between, interface_labels
from proteingraph.errors import DatasetError
from proteingraph.io import Structure, read_structure

__all__ = ["STATES", "Partner", "read_partners"]

DEFINITION = "buried area"  # as for GraphPPIS, that the shipped task was trained on
SIDES = {"receptor": "r", "ligand": "l"}
STATES = {"bound": "b", "unbound": "u"}


@dataclass(frozen=True, eq=False)
class Partner:
    """A chain of a complex, and M of its residues that are there in both states.

    Attributes:
        complex: Code of the complex.
        side: ``"receptor"`` or ``"ligand"``.
        chain: Its name in the complex.
        sequence: Letters of all its residues in the complex.
        files: The file of each state, which holds all chains of the side.
        rows: Rows of the residues in the structure of each state, ``[M]``.
        site: Which of them touch the other side in the complex, ``[M]``.
    """

    complex: str
    side: str
    chain: str
    sequence: str
    files: dict[str, Path]
    rows: dict[str, NDArray[np.int64]]
    site: NDArray[np.bool_]


def read_partners(folder: Path) -> Iterator[Partner]:
    """Read the chains of the complexes in a folder, such as ``1AY7_r_b.pdb`` (receptor, bound).

    A site is what loses more than 1 Å² of surface to the other side. Residues that touch another
    chain of their own side alone, as those between the chains of an antibody, are left out: they
    are sites of another complex. So are residues without CA, or that one state lacks.

    Raises:
        DatasetError: If there is none, or a file is missing.
        StructureError: If one cannot be read.
    """
    names = sorted(path.name[: -len("_r_b.pdb")] for path in folder.glob("*_r_b.pdb"))
    if not names:
        raise DatasetError(f"{folder}: no complexes there, such as 1AY7_r_b.pdb")
    for name in names:
        files = {
            side: {s: folder / f"{name}_{letter}_{mark}.pdb" for s, mark in STATES.items()}
            for side, letter in SIDES.items()
        }
        bound = {side: read_structure(paths["bound"]) for side, paths in files.items()}
        labels = interface_between(bound["receptor"], bound["ligand"], DEFINITION)
        for (side, structure), label in zip(bound.items(), labels, strict=True):
            yield from _partners(name, side, files[side], structure, label)


def _partners(
    name: str, side: str, files: dict[str, Path], bound: Structure, label: InterfaceLabels
) -> Iterator[Partner]:
    asked = label.known & bound.backbone_mask[:, 1]
    if len(bound.chain_ids) > 1:
        asked &= label.label | ~interface_labels(bound, DEFINITION).label
    unbound = read_structure(files["unbound"])
    for rows, alone, places in match_chains(bound, unbound):
        here, there = rows[places[0]], alone[places[1]]
        kept = asked[here] & unbound.backbone_mask[there, 1]
        yield Partner(
            complex=name,
            side=side,
            chain=str(bound.chain[rows[0]]),
            sequence=bound.select(rows).sequence,
            files=files,
            rows={"bound": here[kept], "unbound": there[kept]},
            site=label.label[here[kept]],
        )


def match_chains(
    first: Structure, second: Structure
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
    """Pair the chains of two structures of the same proteins, whatever they are called.

    Yields:
        Rows of a chain of each, and places of equal residues in these, ``[2, M]``.

    Raises:
        DatasetError: If a chain of the first has none in the second.
    """
    ours, theirs = (
        [np.flatnonzero(one.chain == chain) for chain in one.chain_ids] for one in (first, second)
    )
    found = [[_equal(first.select(a), second.select(b)) for b in theirs] for a in ours]
    common = np.array([[places.shape[1] for places in line] for line in found])
    # Of chains that are alike, the first goes with the first.
    chosen = dict(zip(*linear_sum_assignment(common, maximize=True), strict=True))
    for number, rows in enumerate(ours):
        if number not in chosen or not common[number, chosen[number]]:
            chain = first.chain[rows[0]]
            raise DatasetError(f"{second.name}: has no chain like {chain} of {first.name}")
        yield rows, theirs[chosen[number]], found[number][chosen[number]]


def _equal(first: Structure, second: Structure) -> NDArray[np.int64]:
    places = align_sequences(first.sequence, second.sequence)
    return places[:, first.residue_type[places[0]] == second.residue_type[places[1]]]
