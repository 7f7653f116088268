"""What the page's scripts are given: a structure, its graph and its columns as plain JSON."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib import colormaps
from matplotlib.colors import to_hex

from proteingraph.io import Structure
from proteingraph.viz.report.columns import ResidueColumn

__all__ = ["make_payload", "secondary_structure"]

SEQUENTIAL, DIVERGING = "viridis", "PuOr"
"""Colour maps that stay readable with any common colour vision deficiency."""

SHADES, ENDS = 64, {SEQUENTIAL: (0.15, 0.95), DIVERGING: (0.02, 0.98)}
"""Number of colours, and the part of a map that stands out from both light and dark pages."""

CLASSES = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#666666")
"""The palette of Okabe & Ito (2002), black replaced by a grey that dark pages show as well."""

MOST_ATOMS = 60_000
"""Side chains are left out of structures with more atoms: the page would become too large."""

ALPHA_CARBON, BACKBONE = "CA", ("N", "CA", "C", "O")


def make_payload(
    structure: Structure, edge_index: npt.NDArray[np.int64], columns: Sequence[ResidueColumn]
) -> dict[str, Any]:
    """Return what the page's scripts are given.

    Args:
        structure: Structure of L residues.
        edge_index: Edges of the residue graph ``[2, E]``, sorted by target.
        columns: Values to colour by.

    Raises:
        ConfigError: If a column does not fit the structure.
    """
    size = len(structure)
    names, residue_name = np.unique(structure.residue_name, return_inverse=True)
    chain_ids = structure.chain_ids
    place = {chain: number for number, chain in enumerate(chain_ids)}
    return {
        "size": size,
        "chains": chain_ids,
        "chain": _packed([place[chain] for chain in structure.chain.tolist()], "u2"),
        "number": _packed(structure.residue_number, "i4"),
        "insertion": {str(row): structure.insertion_code[row] for row in _inserted(structure)},
        "sequence": structure.sequence,
        "names": names.tolist(),
        "name": _packed(residue_name, "u2"),
        "segment": _packed(structure.segment, "u4"),
        "secondary": secondary_structure(structure),
        "hasCA": _packed(structure.backbone_mask[:, 1], "u1"),
        "ca": _packed(structure.pos, "f4"),
        "atoms": _atoms(structure),
        "sources": _packed(edge_index[0], "u4" if size > 0xFFFF else "u2"),
        "degree": _packed(np.bincount(edge_index[1], minlength=size), "u2"),
        "columns": [_column(column, size) for column in columns],
        "palettes": {
            "sequential": _shades(SEQUENTIAL),
            "diverging": _shades(DIVERGING),
            "classes": list(CLASSES),
        },
    }


def secondary_structure(structure: Structure) -> str:
    """Return a letter for each residue: h in helices, s in strands, c elsewhere.

    From CA atoms by P-SEA (Labesse et al., CABIOS 13:291, 1997), as biotite implements it.
    """
    import biotite.structure as struc

    rows = np.flatnonzero(structure.backbone_mask[:, 1])
    atoms = struc.AtomArray(len(rows))
    atoms.coord = structure.pos[rows]
    atoms.atom_name[:] = ALPHA_CARBON
    atoms.element[:] = "C"
    atoms.res_name[:] = "ALA"  # modified residues are no amino acids to biotite
    atoms.res_id = np.arange(len(rows)) + 2 * structure.segment[rows]
    letters = np.full(len(structure), "c")
    if len(rows):
        found = struc.annotate_sse(atoms)
        letters[rows] = np.select([found == "a", found == "b"], ["h", "s"], "c")
    return "".join(letters.tolist())


def _atoms(structure: Structure) -> dict[str, Any]:
    """Heavy atoms; of large structures those of the backbone."""
    kept = np.arange(len(structure.atom_name))
    if len(kept) > MOST_ATOMS:
        kept = kept[np.isin(structure.atom_name, BACKBONE)]
    atoms, atom = np.unique(structure.atom_name[kept], return_inverse=True)
    elements, element = np.unique(structure.element[kept], return_inverse=True)
    return {
        "names": atoms.tolist(),
        "name": _packed(atom, "u2"),
        "elements": [name.capitalize() for name in elements.tolist()],
        "element": _packed(element, "u1"),
        "residue": _packed(structure.atom_residue[kept], "u4"),
        "position": _packed(structure.atom_coord[kept], "f4"),
        "complete": len(kept) == len(structure.atom_name),
    }


def _column(column: ResidueColumn, size: int) -> dict[str, Any]:
    values = column.checked(size)
    low, high = column.span(values)
    return {
        "name": column.name,
        "unit": column.unit,
        "about": column.about,
        "low": low,
        "high": high,
        "palette": "diverging" if column.diverging else "sequential",
        "classes": list(column.classes),
        "values": _packed(values, "f4"),
    }


def _inserted(structure: Structure) -> list[int]:
    return np.flatnonzero(structure.insertion_code != "").tolist()


def _packed(values: npt.ArrayLike, kind: str) -> dict[str, str]:
    """Array as base64 of little-endian bytes, a tenth of the time of a list to read in a page."""
    raw = np.ascontiguousarray(values, dtype=f"<{kind}").tobytes()
    return {"kind": kind, "data": base64.b64encode(raw).decode("ascii")}


def _shades(name: str) -> list[str]:
    return [to_hex(colour) for colour in colormaps[name](np.linspace(*ENDS[name], SHADES))]
