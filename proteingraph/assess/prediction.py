"""A value for each residue of a structure, as a trained task predicts it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proteingraph.assess.task import NamedTask
from proteingraph.errors import StructureError
from proteingraph.io import Structure, read_structure

__all__ = ["ResiduePrediction", "Source", "plain", "predict_residues", "residue_label"]

Source = str | PathLike[str] | Structure

DIGITS = 6
"""Decimals of values in records: float32 has no more."""


@dataclass(frozen=True, eq=False)
class ResiduePrediction:
    """What a task says of each residue of a structure of L residues.

    Attributes:
        structure: The structure.
        values: From 0 to 1, float32 ``[L]``; NaN for residues without CA.
        model: What the task is called.
        fingerprint: SHA-256 of its weights and settings; see `NamedTask`.
    """

    structure: Structure
    values: NDArray[np.float32]
    model: str
    fingerprint: str

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which residues have a value, ``[L]``."""
        return ~np.isnan(self.values)

    def b_factors(self) -> NDArray[np.float64]:
        """Values for the B-factor column, ``[L]``: from 0 to 100; 0 for residues without one."""
        return 100 * np.nan_to_num(self.values.astype(np.float64))

    def chain_rows(self) -> Iterator[tuple[str, NDArray[np.int64]]]:
        """Chains that have a value at all, and the rows of the residues that have one."""
        for chain in self.structure.chain_ids:
            rows = np.flatnonzero((self.structure.chain == chain) & self.known)
            if len(rows):
                yield chain, rows

    def about(self) -> dict[str, Any]:
        """What was predicted by what, of plain values."""
        name = self.structure.name
        return {"name": name, "model": self.model, "fingerprint": self.fingerprint}

    def residues(self, name: str, **more: NDArray[Any]) -> list[dict[str, Any]]:
        """One record a residue that has a value, of plain values.

        Args:
            name: What the value is called.
            more: Further columns, ``[L]``.
        """
        rows = np.flatnonzero(self.known)
        keys = ("chain", "residue_number", "insertion_code", "residue_name")
        columns = {key: getattr(self.structure, key)[rows].tolist() for key in keys}
        columns[name] = [plain(value) for value in self.values[rows]]
        columns |= {key: values[rows].tolist() for key, values in more.items()}
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def plain(value: float) -> float:
    """Round a value for a record."""
    return round(float(value), DIGITS)


def residue_label(structure: Structure, row: int) -> str:
    """Number and insertion code of a residue, such as ``40A``."""
    return f"{structure.residue_number[row]}{structure.insertion_code[row]}"


def predict_residues(source: Source, named: NamedTask) -> dict[str, Any]:
    """Predict for each chain of a structure on its own.

    Args:
        source: Structure file, or a structure.
        named: A task of residues, from the structure alone.

    Returns:
        The attributes of a `ResiduePrediction`, by name.

    Raises:
        StructureError: If the file cannot be read, or no residue has a CA atom.
    """
    structure = source if isinstance(source, Structure) else read_structure(source)
    has_ca = structure.backbone_mask[:, 1]
    if not has_ca.any():
        raise StructureError(f"{structure.name}: no residue has a CA atom, so nothing to predict")
    values = np.full(len(structure), np.nan, dtype=np.float32)
    chains = dict.fromkeys(structure.chain[has_ca].tolist())
    for chain, record in zip(chains, named.task.predict(structure), strict=True):
        values[has_ca & (structure.chain == chain)] = record.values
    return {
        "structure": structure,
        "values": values,
        "model": named.name,
        "fingerprint": named.fingerprint,
    }
