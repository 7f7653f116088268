"""Foldcomp's databases, in which predicted structures are distributed, and folders of its files.

A database is a data file, such as `afdb_swissprot_v4`, with a table `.index` beside it (key, first
byte and length of each entry, separated by tabs) and most often a `.lookup` (key, name, file), as
in MMseqs2.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from proteingraph.datasets.folder import SUFFIXES, Failure, is_structure_name
from proteingraph.datasets.importers.backbones import pack_backbones
from proteingraph.datasets.importers.fcz import FoldcompChain, decode_fcz
from proteingraph.datasets.importers.importer import Importer
from proteingraph.datasets.pack import ChainPack
from proteingraph.errors import DatasetError

__all__ = ["open_foldcomp"]

FCZ = ".fcz"
MAGICS = (b"FCMP", b"FCZC")
"""How entries begin, the second those of several chains, which Foldcomp 1.0 cannot read yet."""

_ENDINGS = (FCZ, ".gz", *SUFFIXES)
_LINES_LOOKED_AT = 8


def open_foldcomp(path: Path) -> Importer | None:
    """Open a Foldcomp database, a `.fcz` file, or a folder with such files in it or below it.

    An entry is one chain. It is named as in the database's `.lookup`, or as its file, without the
    ending; where there is no `.lookup`, by its own title. N, CA, C and O are decoded by Foldcomp,
    which keeps angles rather than coordinates: they come near the original, and none is missing.
    `b_factor` is one number a residue, pLDDT where the structure was predicted. Foldcomp numbers
    residues on from the first, and joins the ends of gaps.

    Args:
        path: data file of the database, `.fcz` file, or folder.

    Returns:
        The corpus, or `None` if it is none of these.

    Raises:
        DatasetError: if it is one, but the extra `foldcomp` is not installed, a table of the
            database is damaged or its data cut short, or a folder mixes `.fcz` with structure
            files.
    """
    if path.is_dir():
        kind = "folder of Foldcomp files"
    elif path.is_file():
        try:
            kind = _kind_of_file(path)
        except OSError as error:
            raise DatasetError(f"{path}: cannot be read ({error})") from error
    else:
        return None
    if not kind:
        return None
    # What a process keeps is of no use if the file changed since.
    _open_entries.cache_clear()
    count = len(_open_entries(path))
    if not count:
        return None
    _library(path)
    return Importer(kind, path, count, partial(_read, path, count))


def _kind_of_file(path: Path) -> str:
    """Name of the format, empty if the file is not Foldcomp's."""
    with path.open("rb") as file:
        if _index(path).is_file():
            return "Foldcomp database" if _looks_right(_index(path), file) else ""
        return "Foldcomp file" if file.read(4) in MAGICS or path.suffix == FCZ else ""


def _looks_right(index: Path, data: BinaryIO) -> bool:
    """Whether one of the first entries begins as Foldcomp's do: they may be damaged."""
    with index.open("rb") as table:
        lines = [table.readline(200).split() for _ in range(_LINES_LOOKED_AT)]
    for line in lines:
        if len(line) == 3 and line[1].isdigit():
            data.seek(int(line[1]))
            if data.read(4) in MAGICS:
                return True
    return False


def _read(path: Path, count: int, first: int, stop: int) -> tuple[ChainPack, list[Failure]]:
    """Entries `first` to `stop`, each good or bad by itself."""
    entries, library = _open_entries(path), _library(path)
    if len(entries) != count:
        raise DatasetError(f"{path}: has {len(entries)} entries, but had {count}: import it again")
    chains: list[FoldcompChain] = []
    names, failures = [], []
    for i, name in enumerate(entries.names(first, stop), start=first):
        try:
            chain = decode_fcz(entries.content(i), library)
        except (OSError, ValueError, library.error) as error:
            failures.append(Failure(path, f"{entries.place(i, name)}: {error}"))
            continue
        chains.append(chain)
        names.append(name or chain.title or f"{path.name}_{i}")
    return _pack(chains, names), failures


def _pack(chains: list[FoldcompChain], names: list[str]) -> ChainPack:
    lengths = np.array([len(chain.residue_type) for chain in chains], np.int64)
    number = [chain.first_number + np.arange(len(chain.residue_type)) for chain in chains]
    return pack_backbones(
        np.concatenate([np.zeros((0, 4, 3), np.float32), *(c.coordinates for c in chains)]),
        np.concatenate([np.zeros(0, np.int8), *(chain.residue_type for chain in chains)]),
        lengths,
        names,
        [chain.chain for chain in chains],
        np.concatenate([np.zeros(0, np.int32), *number]).astype(np.int32),
        np.concatenate([np.zeros(0, np.float32), *(chain.b_factor for chain in chains)]),
    )


class _Entries(Protocol):
    """Compressed chains by number."""

    def __len__(self) -> int: ...

    def names(self, first: int, stop: int) -> list[str]: ...

    def content(self, i: int) -> bytes: ...

    def place(self, i: int, name: str) -> str: ...


@dataclass(frozen=True)
class _Files:
    """Files of one chain each."""

    paths: list[Path]

    def __len__(self) -> int:
        return len(self.paths)

    def names(self, first: int, stop: int) -> list[str]:
        return [_stem(path.name) for path in self.paths[first:stop]]

    def content(self, i: int) -> bytes:
        return self.paths[i].read_bytes()

    def place(self, i: int, name: str) -> str:
        return str(self.paths[i])


@dataclass(frozen=True)
class _Database:
    """Entries of a database, in the order of its index; `labels` is an Arrow column of names."""

    path: Path
    data: NDArray[np.uint8]
    key: NDArray[np.int64]
    offset: NDArray[np.int64]
    length: NDArray[np.int64]
    labels: Any | None

    def __len__(self) -> int:
        return len(self.offset)

    def names(self, first: int, stop: int) -> list[str]:
        if self.labels is None:
            return [""] * (stop - first)
        return [_stem(name or "") for name in self.labels[first:stop].to_pylist()]

    def content(self, i: int) -> bytes:
        return self.data[self.offset[i] : self.offset[i] + self.length[i]].tobytes()

    def place(self, i: int, name: str) -> str:
        return f"{self.path}, entry {name or self.key[i]}"


@lru_cache(maxsize=4)
def _open_entries(path: Path) -> _Entries:
    """Entries at a place, which a process finds once."""
    if path.is_dir():
        return _Files(_find_files(path))
    return _open_database(path) if _index(path).is_file() else _Files([path])


def _find_files(folder: Path) -> list[Path]:
    """Files of Foldcomp's below a folder that has no structure files."""
    found: list[Path] = []
    other: Path | None = None
    for base, _, names in os.walk(folder):
        for name in names:
            if name.endswith(FCZ):
                found.append(Path(base, name))
            elif other is None and is_structure_name(name):
                other = Path(base, name)
    if found and other is not None:
        raise DatasetError(
            f"{folder}: holds Foldcomp files ({found[0]}) and structure files ({other}), perhaps "
            "of the same structures: put them into folders of their own"
        )
    return sorted(found)


def _open_database(path: Path) -> _Database:
    index = _read_table(_index(path), ("key", "offset", "length"))
    key, offset, length = (index[name].to_numpy() for name in index.column_names)
    data = np.memmap(path, np.uint8, "r")
    beyond = np.flatnonzero((offset < 0) | (length < 0) | (offset + length > len(data)))
    if len(beyond):
        raise DatasetError(
            f"{path}, offset {len(data)}: the file ends, but {len(beyond)} of {len(offset)} "
            f"entries go on (the first has key {key[beyond[0]]}): fetch it again"
        )
    lookup = path.with_name(f"{path.name}.lookup")
    labels = _find_names(lookup, key) if lookup.is_file() else None
    return _Database(path, data, key, offset, length, labels)


def _find_names(lookup: Path, key: NDArray[np.int64]) -> Any | None:
    """Arrow column of the names of keys, null where a key has none."""
    import pyarrow as pa

    table = _read_table(lookup, ("key", "name", "file"))
    known = table["key"].to_numpy()
    if not len(known):
        return None
    order = np.argsort(known, kind="stable")
    place = order[np.searchsorted(known, key, sorter=order) % len(known)]
    return table["name"].take(pa.array(place, mask=known[place] != key))


def _read_table(path: Path, columns: tuple[str, ...]) -> Any:
    """Arrow table of a file of columns separated by tabs, of numbers but for names."""
    import pyarrow as pa
    from pyarrow import csv

    try:
        return csv.read_csv(
            path,
            csv.ReadOptions(column_names=columns, use_threads=False),
            csv.ParseOptions(delimiter="\t", quote_char=False),
            csv.ConvertOptions(
                column_types={c: pa.string() if c == "name" else pa.int64() for c in columns}
            ),
        )
    except (pa.ArrowInvalid, OSError) as error:
        raise DatasetError(f"{path}: not the table of a Foldcomp database ({error})") from error


def _index(path: Path) -> Path:
    return path.with_name(f"{path.name}.index")


def _stem(name: str) -> str:
    """Name of a file without the endings of structures."""
    while name.lower().endswith(_ENDINGS):
        name = name[: name.rindex(".")]
    return name


def _library(path: Path) -> ModuleType:
    try:
        return import_module("foldcomp")
    except ImportError as error:
        raise DatasetError(
            f"{path}: decoding it takes Foldcomp's library: "
            "pip install 'torch-proteingraph[foldcomp]'"
        ) from error
