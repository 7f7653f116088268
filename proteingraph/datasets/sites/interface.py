"""Which residues of a complex are at an interface with another chain."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from proteingraph.datasets.sites.sides import Partners, find_sides
from proteingraph.errors import StructureError
from proteingraph.geometry.surface import PROBE, accessible_area, united_radii
from proteingraph.io.alphabet import AMINO_ACIDS
from proteingraph.io.structure import Structure

__all__ = ["INTERFACE_CUTOFFS", "InterfaceLabels", "interface_between", "interface_labels"]

Array = npt.NDArray[Any]

INTERFACE_CUTOFFS = MappingProxyType({"distance": 4.0, "CA distance": 8.0, "buried area": 1.0})
"""Default cut-off of each definition: Å, Å, Å²."""

GLYCINE = AMINO_ACIDS.index("G")
BACKBONE = ("N", "CA", "C", "O", "OXT")


class InterfaceLabels(NamedTuple):
    """Labels of the L residues of a structure.

    Attributes:
        label: whether a residue is at an interface, bool [L].
        known: whether it can be told: residues of chains that are no side, and (by CA distance)
            residues without CA are unlabelled, bool [L].
        value: what the label was decided by, float32 [L]: smallest distance to another side in Å
            (infinite where not known), or area lost in Å² (0 where not known).
    """

    label: npt.NDArray[np.bool_]
    known: npt.NDArray[np.bool_]
    value: npt.NDArray[np.float32]


def interface_labels(
    structure: Structure,
    by: str = "distance",
    partners: Partners | None = None,
    cutoff: float | None = None,
) -> InterfaceLabels:
    """Label the residues of a complex that are at an interface with another side.

    - ``"distance"``: a heavy atom of the residue lies within the cut-off of one of another side.
      4 Å by default, as in the PPBS data set (Tubiana et al., Nat. Methods 2022, 19:730-739); 4.5
      to 6 Å are in use as well.
    - ``"buried area"``: the residue loses more than the cut-off of its solvent-accessible surface
      when the sides come together, 1 Å² by default, as for the data sets that GraphPPIS is trained
      on (Murakami & Mizuguchi, Bioinformatics 2010, 26:1841-1848; Yuan et al., Bioinformatics
      2022, 38:125-132): of the sites that either says, both say 99 %, on 11 of its chains. Chains
      of one side cover each other in either state.
    - ``"CA distance"``: its CA lies within the cut-off, 8 Å by default, of a CA of another side;
      for structures without side chains, of which the other two would miss most of an interface.

    Hydrogens, waters and ligands are no part of a structure and play no role.

    Args:
        structure: the complex.
        by: the definition.
        partners: chains of each side, such as ``"A,B:C"`` or ``[["A", "B"], ["C"]]``; residues of
            other chains are unlabelled and ignored. Default: each chain is a side of its own.
        cutoff: Å or Å²; see `INTERFACE_CUTOFFS` for defaults.

    Returns:
        Labels, which of them are known, and the distances or areas.

    Raises:
        StructureError: there are no two sides, a chain is unknown or named twice, or side chains
            are needed and missing.
        ValueError: the definition is unknown or the cut-off is not above 0.
    """
    limit = _cutoff(by, cutoff)
    sides = find_sides(structure, partners)
    side = np.full(len(structure), -1)
    for number, rows in enumerate(sides):
        side[rows] = number
    known = side >= 0
    if by == "CA distance":
        known &= structure.backbone_mask[:, 1]
        value = _nearest(structure.pos, side, known)
        return InterfaceLabels(value <= limit, known, value)
    _check_side_chains(structure, known, by)
    owner = structure.atom_residue
    nearest = _nearest(structure.atom_coord, side[owner], known[owner])
    if by == "distance":
        value = np.full(len(structure), np.inf, np.float32)
        np.minimum.at(value, owner, nearest)
        return InterfaceLabels(value <= limit, known, value)
    lost = _lost_area(structure, side[owner], nearest)
    value = np.bincount(owner, lost, minlength=len(structure)).astype(np.float32)
    return InterfaceLabels(value > limit, known, value)


def interface_between(
    first: Structure, second: Structure, by: str = "distance", cutoff: float | None = None
) -> tuple[InterfaceLabels, InterfaceLabels]:
    """Label the residues of two structures that bind each other, whatever their chains' names.

    Args:
        first: one side, such as the receptor of a docking benchmark.
        second: the other, in the same frame.
        by: the definition, see `interface_labels`.
        cutoff: Å or Å²; see `INTERFACE_CUTOFFS` for defaults.

    Returns:
        Labels of the first and of the second.

    Raises:
        StructureError: side chains are needed and missing, or a structure is empty.
        ValueError: the definition is unknown or the cut-off is not above 0.
    """
    if not len(first) or not len(second):
        raise StructureError(f"{first.name} and {second.name}: one of them has no residues")
    both = interface_labels(_join(first, second), by, [["1"], ["2"]], cutoff)
    size = len(first)
    return _rows(both, slice(size)), _rows(both, slice(size, None))


def _rows(labels: InterfaceLabels, rows: slice) -> InterfaceLabels:
    return InterfaceLabels(labels.label[rows], labels.known[rows], labels.value[rows])


def _cutoff(by: str, cutoff: float | None) -> float:
    if by not in INTERFACE_CUTOFFS:
        names = ", ".join(map(repr, INTERFACE_CUTOFFS))
        raise ValueError(f"by must be one of {names}, got {by!r}")
    limit = INTERFACE_CUTOFFS[by] if cutoff is None else cutoff
    if not 0 < limit < np.inf:
        raise ValueError(f"cutoff must be above 0 and finite, got {cutoff}")
    return limit


def _check_side_chains(structure: Structure, known: Array, by: str) -> None:
    """Refuse a chain most of whose residues, glycine apart, have nothing beyond the backbone."""
    beyond = ~np.isin(structure.atom_name, BACKBONE)
    has_side_chain = np.bincount(structure.atom_residue[beyond], minlength=len(structure)) > 0
    expected = known & (structure.residue_type != GLYCINE)
    for chain in structure.chain_ids:
        rows = expected & (structure.chain == chain)
        missing = int((rows & ~has_side_chain).sum())
        if 2 * missing > int(rows.sum()):
            raise StructureError(
                f"{structure.name}: {missing} of {int(rows.sum())} residues of chain {chain!r} "
                f"have no side chain, so {by} would miss most of an interface; "
                "use by='CA distance' (8 Å)"
            )


def _nearest(coord: Array, side: Array, known: Array) -> npt.NDArray[np.float32]:
    """Distance in Å from each known point to the nearest known one of another side, [n]."""
    distance = np.full(len(coord), np.inf, np.float32)
    points = coord.astype(np.float64)
    for number in np.unique(side[known]):
        ours, others = known & (side == number), known & (side != number)
        if others.any():
            distance[ours] = cKDTree(points[others]).query(points[ours])[0]
    return distance


def _lost_area(structure: Structure, side: Array, nearest: Array) -> Array:
    """Area in Å² that each atom [A] loses when its side meets the others."""
    letter = np.array([*AMINO_ACIDS, "X"])[structure.residue_type[structure.atom_residue]]
    radii = united_radii(letter, structure.atom_name, structure.element)
    taken = side >= 0
    # Two atoms whose spheres, grown by the probe, do not meet leave each other as they are.
    near = taken & (nearest < radii + radii.max(initial=0) + 2 * PROBE)
    lost = np.zeros(len(radii))
    lost[taken] = -accessible_area(structure.atom_coord[taken], radii[taken], near[taken])
    for number in np.unique(side[taken]):
        ours = side == number
        lost[ours] += accessible_area(structure.atom_coord[ours], radii[ours], near[ours])
    return lost


def _join(first: Structure, second: Structure) -> Structure:
    """One structure of two, whose chains are called 1 and 2."""
    joined: dict[str, Any] = {
        name: np.concatenate([value, getattr(second, name)])
        for name, value in vars(first).items()
        if name != "name"
    }
    size = len(first)
    joined["chain"] = joined["label_chain"] = np.repeat(["1", "2"], [size, len(second)])
    joined["atom_residue"][len(first.atom_residue) :] += size
    joined["segment"][size:] += first.segment.max() + 1
    return Structure(name=f"{first.name} and {second.name}", **joined)
