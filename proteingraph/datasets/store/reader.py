"""Chains on disk as a corpus: opened at once, read where they are needed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import cached_property
from itertools import zip_longest
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch_geometric.data import Data

from proteingraph.datasets.columns import COLUMNS, entry_starts, range_rows
from proteingraph.datasets.pack import ChainPack
from proteingraph.datasets.store.mapped import MappedFiles, open_files
from proteingraph.datasets.store.tables import read_column, read_failures, read_index
from proteingraph.errors import DatasetError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ChainStore"]

_CA = 1
_ATOM_MASKS = (np.arange(256)[:, None] >> np.arange(4) & 1).astype(bool)
_KINDS = [(name, np.float32 if name == "b_factor" else np.int64) for name in COLUMNS]


class ChainStore:
    """Chains, domains or complexes in memory-mapped files, as `proteingraph data build` makes them.

    It takes the place of a `ChainPack` wherever one is only read. Opening it reads next to nothing;
    an entry is read when asked for. Pickled, it is a path: worker processes and
    those of distributed training share one copy in the system's memory. Entries appended after
    opening do not show.

    Args:
        path: folder of the store.

    Attributes:
        path: the folder.

    Raises:
        DatasetError: if the folder is absent, no store, not finished, or damaged.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> from proteingraph.datasets import load_cath_scop_mini
        >>> from proteingraph.datasets.store import StoreWriter
        >>> folder = TemporaryDirectory()
        >>> with StoreWriter(folder.name) as writer:
        ...     writer.append(load_cath_scop_mini().subset([0, 1, 2]))
        >>> store = ChainStore(folder.name)
        >>> len(store), store[2].sccs == store.labels["sccs"][2]
        (3, True)
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self._take(open_files(Path(path)), None)

    def _take(self, files: MappedFiles, chosen: NDArray[np.int64] | None) -> None:
        self.path = files.path
        self._files = files
        self._chosen = chosen  # numbers of the entries in view, in order; None for all

    def __reduce__(self) -> tuple[Any, ...]:
        return _view, (self._files, self._chosen)

    def __len__(self) -> int:
        """Return the number of entries."""
        return self._files.record.entries if self._chosen is None else len(self._chosen)

    def __repr__(self) -> str:
        """Summarise the contents in one line."""
        atoms = "N CA C O" if self.has_backbone else "CA"
        names = self._files.record.labels
        labels = f", labels {', '.join(names)}" if names else ""
        return f"ChainStore({len(self)} entries, {self.num_residues} residues, {atoms}{labels})"

    def __iter__(self) -> Iterator[Data]:
        """Yield the entries in turn."""
        return (self[i] for i in range(len(self)))

    def __getitem__(self, i: int) -> Data:
        """Return entry i as a fresh graph without edges, as a `ChainPack` gives it.

        Args:
            i: number of the entry; negative ones count from the end.

        Returns:
            The graph, with the attributes listed at `ChainPack.__getitem__`.

        Raises:
            IndexError: if there is no such entry.
            DatasetError: if a file of the store is damaged there.
        """
        number = self._number(i)
        rows, columns = self._files.rows(number), self._files.columns
        self._files.check_values([number])
        name, chains, *labels = self._files.text(number)
        backbone = columns["coordinates"][rows]
        values: dict[str, Any] = {
            "pos": torch.from_numpy(backbone[:, _CA].astype(np.float32)),
            "backbone": torch.from_numpy(backbone.astype(np.float32)),
            "backbone_mask": torch.from_numpy(_ATOM_MASKS.take(columns["atom_mask"][rows], 0)),
            "residue_type": torch.from_numpy(columns["residue_type"][rows].astype(np.int64)),
        }
        for key, kind in _KINDS:
            values[key] = torch.from_numpy(columns[key][rows].astype(kind))
        values["name"] = name
        values["chain_id"] = chains.split("\t")
        values["num_nodes"] = rows.stop - rows.start
        values.update(zip_longest(self._files.record.labels, labels, fillvalue=""))
        graph = Data()
        # Set by name, which looks up caches each time, they would take longer than to be read.
        graph._store._mapping.update(values)
        return graph

    def arrays(self, i: int) -> dict[str, NDArray[Any]]:
        """Return the per-residue columns of entry i as they lie in the files, without copying.

        Args:
            i: number of the entry; negative ones count from the end.

        Returns:
            Read-only views: `coordinates` float32 [N, 4, 3] (Å), `residue_type` int8 [N],
            `atom_mask` uint8 [N] (bits 0 to 3: N, CA, C, O present), the columns of `ChainPack`.

        Raises:
            IndexError: if there is no such entry.
            DatasetError: if a file of the store is damaged there.
        """
        rows = self._files.rows(self._number(i))
        return {name: column[rows] for name, column in self._files.columns.items()}

    def _number(self, i: int) -> int:
        i = range(len(self))[i]
        return i if self._chosen is None else int(self._chosen[i])

    @property
    def num_residues(self) -> int:
        """Number of residues of all entries."""
        return self._files.record.residues if self._chosen is None else int(self.lengths.sum())

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Number of residues of each entry, [n]."""
        starts = self._files.starts
        if self._chosen is None:
            return np.diff(starts)
        return np.asarray(starts[self._chosen + 1] - starts[self._chosen])

    @property
    def has_backbone(self) -> bool:
        """Whether N, C and O are held beside CA."""
        return self._files.record.backbone

    @cached_property
    def names(self) -> NDArray[np.str_]:
        """Name of each entry, [n]; read from the index when first asked for."""
        return self._column("name")

    @cached_property
    def labels(self) -> Mapping[str, NDArray[np.str_]]:
        """Free columns of text, each [n], read from the index when first asked for."""
        return _Labels(self)

    @property
    def index(self) -> pd.DataFrame:
        """One row an entry: name, length (residues), chains (joined by commas), labels."""
        table = read_index(self.path, self._files.record)
        return table if self._chosen is None else table.iloc[self._chosen].reset_index(drop=True)

    @property
    def checksum(self) -> str:
        """Checksum of the whole store, in hexadecimal: equal for equal contents."""
        content = json.dumps(asdict(self._files.record), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    @property
    def failures(self) -> pd.DataFrame:
        """What could not be read for the whole store: file, chain (empty: all of it), reason."""
        return read_failures(self.path, self._files.record)

    def _column(self, name: str) -> NDArray[np.str_]:
        column = read_column(self.path, self._files.record, name)
        return column if self._chosen is None else column[self._chosen]

    def subset(self, indices: ArrayLike) -> ChainStore:
        """Return a view of the chosen entries, in the order asked for; nothing is copied.

        Args:
            indices: numbers of entries, or a mask over all entries.

        Returns:
            A store of these entries, on the same files.

        Raises:
            IndexError: if there is no such entry.
        """
        asked = np.asarray(indices)
        everything = np.arange(len(self)) if self._chosen is None else self._chosen
        return _view(
            self._files, everything[asked if asked.dtype == bool else asked.astype(np.int64)]
        )

    def find(self, name: str) -> int:
        """Return the number of the entry with a name, the first if there are several.

        Args:
            name: name of the entry.

        Returns:
            Its number.

        Raises:
            DatasetError: if there is none.
        """
        found = np.flatnonzero(self.names == name)
        if not len(found):
            like = f"; they are called as {self.names[0]}" if len(self) else ""
            raise DatasetError(f"{self.path}: no entry {name!r} among {len(self):,}{like}")
        return int(found[0])

    def pack(self, indices: ArrayLike | None = None) -> ChainPack:
        """Read entries into memory.

        Args:
            indices: numbers of entries, or a mask over all entries. Default: all.

        Returns:
            A pack of its own arrays.

        Raises:
            IndexError: if there is no such entry.
            DatasetError: if a file of the store is damaged.
        """
        if indices is not None:
            return self.subset(indices).pack()
        numbers = np.arange(len(self)) if self._chosen is None else self._chosen
        starts = self._files.starts
        self._files.check_starts(numbers)
        rows = range_rows(starts[numbers], starts[numbers + 1])
        columns = {name: column[rows] for name, column in self._files.columns.items()}
        if not self._files.plausible(columns):
            self._files.check_values(numbers.tolist())
        columns["atom_mask"] = _ATOM_MASKS[columns["atom_mask"]]
        if not self.has_backbone:
            for name in ("coordinates", "atom_mask"):
                columns[name] = columns[name][:, [_CA]]
        texts = [self._files.text(number) for number in numbers.tolist()]
        names = self._files.record.labels
        labels = {
            name: np.array([text[k] if k < len(text) else "" for text in texts], np.str_)
            for k, name in enumerate(names, start=2)
        }
        return ChainPack(
            starts=entry_starts(self.lengths),
            names=np.array([text[0] for text in texts], np.str_),
            chain_ids=np.array([text[1] for text in texts], np.str_),
            labels=labels,
            **columns,
        ).compact()


class _Labels(Mapping[str, NDArray[np.str_]]):
    """Label columns of a store, each read when first asked for."""

    def __init__(self, store: ChainStore) -> None:
        self._store = store
        self._names = store._files.record.labels
        self._read: dict[str, NDArray[np.str_]] = {}

    def __getitem__(self, name: str) -> NDArray[np.str_]:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._read:
            self._read[name] = self._store._column(name)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _view(files: MappedFiles, chosen: NDArray[np.int64] | None) -> ChainStore:
    """Make a store of files that are mapped already."""
    store = ChainStore.__new__(ChainStore)
    store._take(files, chosen)
    return store
