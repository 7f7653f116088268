"""Chains with tensors for each residue and numbers for each chain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike, NDArray
from torch_geometric.data import Data

from proteingraph.datasets import ChainPack
from proteingraph.datasets.columns import range_rows
from proteingraph.errors import DatasetError
from proteingraph.io import AMINO_ACIDS

__all__ = [
    "AnnotatedPack",
    "check_split",
    "hold_out",
    "read_arrays",
    "read_table",
    "residue_types",
]


@dataclass(frozen=True, eq=False)
class AnnotatedPack:
    """A pack with more about its residues and entries than a structure tells.

    Args:
        pack: n chains of R residues in all.
        columns: of each residue, ``[R, ...]``: labels, masks, features.
        values: of each entry, ``[n]``.

    Raises:
        DatasetError: If a column or value does not fit the pack.
    """

    pack: ChainPack
    columns: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    values: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the sizes."""
        for sizes, rows in ((self.columns, self.pack.num_residues), (self.values, len(self.pack))):
            for name, array in sizes.items():
                if len(array) != rows:
                    raise DatasetError(f"{name} has {len(array)} rows, expected {rows}")

    def __len__(self) -> int:
        """Return the number of entries."""
        return len(self.pack)

    def __getitem__(self, i: int) -> Data:
        """Return an entry as a graph without edges: that of the pack, columns, values ``[1]``."""
        i = range(len(self))[i]
        data = self.pack[i]
        rows = slice(self.pack.starts[i], self.pack.starts[i + 1])
        for name, column in self.columns.items():
            data[name] = torch.from_numpy(column[rows].copy())
        for name, value in self.values.items():
            data[name] = torch.from_numpy(value[i : i + 1].copy())
        return data

    def __iter__(self) -> Iterator[Data]:
        """Yield the entries in turn."""
        return (self[i] for i in range(len(self)))

    def each(self, name: str) -> list[NDArray[Any]]:
        """A column, cut into the entries: an array ``[N, ...]`` each."""
        return np.split(self.columns[name], self.pack.starts[1:-1])

    def label(self, name: str) -> NDArray[np.str_]:
        """A text of each entry, ``[n]``."""
        return np.asarray(self.pack.labels[name])

    def subset(self, indices: ArrayLike) -> AnnotatedPack:
        """Return the chosen entries, by number or mask, in the order asked for."""
        asked = np.asarray(indices)
        chosen = np.arange(len(self))[asked if asked.dtype == bool else asked.astype(np.int64)]
        rows = range_rows(self.pack.starts[chosen], self.pack.starts[chosen + 1])
        return AnnotatedPack(
            self.pack.subset(chosen),
            {name: column[rows] for name, column in self.columns.items()},
            {name: value[chosen] for name, value in self.values.items()},
        )


def check_split(groups: Iterable[str], splits: Iterable[str], what: str) -> None:
    """Refuse a split that divides a group: what is alike must be on one side.

    Args:
        groups: Group of each entry, such as its cluster; blank for none.
        splits: Split of each entry.
        what: What the groups are, for the message.

    Raises:
        DatasetError: Naming the first group that is in two splits.
    """
    found: dict[str, str] = {}
    for group, split in zip(groups, splits, strict=True):
        if group and found.setdefault(group, split) != split:
            raise DatasetError(
                f"{what} {group!r} is in both {found[group]} and {split}: figures on one would be "
                "of relatives of the other"
            )


def hold_out(groups: ArrayLike, share: float, seed: int = 0) -> NDArray[np.bool_]:
    """Choose whole groups at random until they hold a share of the entries.

    Args:
        groups: Group of each entry; a blank one is a group of its own.
        share: Share of the entries to hold out, at least.
        seed: Of the choice.

    Returns:
        Which entries are held out, ``[n]``.
    """
    texts = np.asarray(groups, np.str_).astype(object)
    blank = texts == ""
    texts[blank] = [f"\t{row}" for row in np.flatnonzero(blank)]
    _, group, count = np.unique(texts.astype(np.str_), return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(count))
    before = np.cumsum(count[order]) - count[order]
    held: NDArray[np.bool_] = np.isin(group.reshape(-1), order[before < share * len(texts)])
    return held


def read_table(path: Path, *columns: str) -> pd.DataFrame:
    """Read a table of text separated by tabs, which must have the named columns.

    Raises:
        DatasetError: If the file is absent, no table, or lacks a column.
    """
    try:
        table = pd.read_csv(path, sep="\t", dtype=str, na_filter=False)
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path}: cannot be read as a table ({error})") from error
    absent = [name for name in columns if name not in table]
    if absent:
        raise DatasetError(f"{path}: no column {', '.join(absent)}, only {', '.join(table)}")
    return table


def read_arrays(path: Path, *names: str) -> dict[str, NDArray[Any]]:
    """Read the named arrays of an .npz file. Nothing in it is unpickled.

    Raises:
        DatasetError: If the file is absent or damaged, or lacks an array.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            absent = [name for name in names if name not in archive.files]
            if absent:
                raise DatasetError(f"{path}: no array {', '.join(absent)}")
            return {name: archive[name] for name in names}
    except DatasetError:
        raise
    except Exception as error:  # zipfile, zlib and NumPy raise a dozen kinds on damaged files
        raise DatasetError(f"{path}: not a readable .npz file ({error})") from error


def residue_types(letters: NDArray[np.uint8]) -> NDArray[np.int8]:
    """Turn one-letter codes, as bytes ``[R]``, into numbers of amino acids; 20 if unknown."""
    number_of = np.full(256, len(AMINO_ACIDS), np.int8)
    number_of[np.frombuffer(AMINO_ACIDS.encode(), np.uint8)] = np.arange(len(AMINO_ACIDS))
    return number_of[letters]
