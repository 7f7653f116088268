"""The sides of an interface: which residues face which others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from proteingraph.errors import StructureError
from proteingraph.io.structure import Structure

__all__ = ["Partners", "find_sides"]

Array = npt.NDArray[Any]
Partners = str | Sequence[Sequence[str]]


def find_sides(structure: Structure, partners: Partners | None) -> list[npt.NDArray[np.int64]]:
    """Return the rows of each side of the interfaces of a structure.

    Args:
        structure: the complex.
        partners: chains of each side, such as ``"A,B:C"`` or ``[["A", "B"], ["C"]]``; names as in
            the file, or label names where no author's name fits. Default: each chain is a side.

    Returns:
        Ascending rows of each side, two sides or more.

    Raises:
        StructureError: fewer than two sides, a side without chains, a chain that is not there, or
            that is named twice.
    """
    named = _names(structure, partners)
    rows = [[_chain_rows(structure, chain) for chain in side] for side in named]
    if len(rows) < 2:
        raise StructureError(
            f"{structure.name}: an interface has two sides or more; "
            f"there is only {', '.join(map(repr, structure.chain_ids)) or 'no chain'}"
            if partners is None
            else f"{structure.name}: partners {partners!r} name one side; expected such as 'A,B:C'"
        )
    sides = [np.sort(np.concatenate(side)) for side in rows]
    owned = np.concatenate(sides)
    if len(np.unique(owned)) != len(owned):
        raise StructureError(f"{structure.name}: partners {partners!r} name a chain twice")
    return sides


def _names(structure: Structure, partners: Partners | None) -> list[list[str]]:
    if partners is None:
        return [[chain] for chain in structure.chain_ids]
    if isinstance(partners, str):
        sides = [[name.strip() for name in side.split(",")] for side in partners.split(":")]
    else:
        sides = [[side] if isinstance(side, str) else list(side) for side in partners]
    if not all(sides):
        raise StructureError(f"{structure.name}: partners {partners!r} have a side without chains")
    return sides


def _chain_rows(structure: Structure, chain: str) -> Array:
    for column in (structure.chain, structure.label_chain):
        rows = np.flatnonzero(column == chain)
        if len(rows):
            return rows
    raise StructureError(
        f"{structure.name}: no chain {chain!r} to be a partner; "
        f"there are {', '.join(map(repr, structure.chain_ids)) or 'none'}"
    )
