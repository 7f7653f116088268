"""The files of a store, and the record that says how much of them counts.

A store is a folder. Each per-residue column is a flat little-endian file without a header, so that
`numpy.fromfile` reads it; entry i owns the rows from `starts[i]` to `starts[i + 1]` of all of them.
`texts.jsonl` has a line an entry, `[name, chains, label, ...]`, whose first bytes are in
`text_starts.bin`: access to one entry reads nothing else. `index.parquet` has the same texts as
columns, and `failures.parquet` what could not be read, both for pandas.

`meta.json` says how many bytes of each file belong to the store, and their CRC-32 (a sum that can
be continued when a file grows). While a store is built or appended to, the files grow beyond what
it says, and `build.json` is the record of the writer, replaced at every commit. At the end
it becomes `meta.json` in one step.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from proteingraph.datasets.columns import COLUMNS
from proteingraph.errors import DatasetError
from proteingraph.files import replacing

__all__ = [
    "ARRAYS",
    "BUILD",
    "FAILURES",
    "FAILURES_TABLE",
    "GROWING",
    "INDEX",
    "META",
    "RESERVED",
    "STARTS",
    "TABLES",
    "TEXTS",
    "TEXT_STARTS",
    "Extent",
    "Record",
    "array_file",
    "checksum",
    "is_store",
    "read_record",
    "sync_folder",
    "write_record",
]

_BLOCK = 1 << 20

FORMAT = "proteingraph store"
VERSION = 1

META, BUILD = "meta.json", "build.json"
INDEX, FAILURES_TABLE = "index.parquet", "failures.parquet"
STARTS, TEXTS, TEXT_STARTS = "starts.bin", "texts.jsonl", "text_starts.bin"
FAILURES = "failures.jsonl"

ARRAYS: dict[str, tuple[np.dtype[Any], tuple[int, ...]]] = {
    "coordinates": (np.dtype("<f4"), (4, 3)),
    "residue_type": (np.dtype("i1"), ()),
    "atom_mask": (np.dtype("u1"), ()),
    **{name: (np.dtype(kind).newbyteorder("<"), ()) for name, kind in COLUMNS.items()},
}
"""Type of each per-residue column and shape of a row of it.

Coordinates of N, CA, C and O are in Å, zero where missing; bits 0 to 3 of `atom_mask` say which
are present. The other columns are those of `ChainPack`.
"""


def array_file(name: str) -> str:
    """Return the name of the file of a per-residue column."""
    return f"{name}.bin"


GROWING = (*map(array_file, ARRAYS), STARTS, TEXT_STARTS, TEXTS, FAILURES)
"""Files that only ever grow."""

TABLES = (INDEX, FAILURES_TABLE)
"""Files that are written anew when a store is finished."""

RESERVED = frozenset(
    {"name", "length", "chains", "chain_id", "pos", "backbone", "backbone_mask", "num_nodes"}
    | set(ARRAYS)
)
"""Names that no label may have: columns of the index, attributes of a graph."""


@dataclass(frozen=True)
class Extent:
    """How much of a file counts.

    Attributes:
        bytes: length of the part that counts, from the start of the file.
        crc32: checksum of that part.
    """

    bytes: int = 0
    crc32: int = 0


@dataclass(frozen=True)
class Record:
    """What a store holds.

    Attributes:
        entries: number of entries.
        residues: number of residues of all entries.
        failures: number of files or chains that could not be read.
        backbone: whether N, C and O are held beside CA, in any entry.
        labels: names of the label columns, in the order of their first use.
        files: length and checksum of each file.
        progress: where a build stands that is not finished; `None` in a finished store.
    """

    entries: int = 0
    residues: int = 0
    failures: int = 0
    backbone: bool = False
    labels: tuple[str, ...] = ()
    files: Mapping[str, Extent] = field(default_factory=dict)
    progress: Mapping[str, Any] | None = None


def is_store(path: str | os.PathLike[str]) -> bool:
    """Tell whether a folder is a store, finished or being built."""
    return any((Path(path) / name).is_file() for name in (META, BUILD))


def read_record(path: Path) -> Record:
    """Read `meta.json` or `build.json`.

    Args:
        path: the file.

    Returns:
        The record.

    Raises:
        DatasetError: if it is absent, damaged, or of another format or version.
    """
    try:
        content = json.loads(path.read_bytes())
        known = content.pop("format"), content.pop("version")
        content["files"] = {name: Extent(**extent) for name, extent in content["files"].items()}
        record = Record(**{**content, "labels": tuple(content["labels"])})
        _check(record)
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DatasetError(
            f"{path}: damaged, or no record of a store ({type(error).__name__}: {error}): restore "
            "it from a copy, or build the store again"
        ) from error
    if known != (FORMAT, VERSION):
        raise DatasetError(
            f"{path}: expected {FORMAT!r} of version {VERSION}, found {known[0]!r:.80} of version "
            f"{known[1]!r:.20}: build the store again with this version of proteingraph"
        )
    return record


def write_record(path: Path, record: Record) -> None:
    """Put a record in the place of an earlier one; on return it is on the disk.

    Args:
        path: file to write.
        record: what to write.
    """
    content = {"format": FORMAT, "version": VERSION, **asdict(record)}
    if record.progress is None:
        del content["progress"]
    with replacing(path) as partial, partial.open("wb") as file:
        file.write(json.dumps(content, indent=1).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk, where the system knows how."""
    if os.name != "posix":  # pragma: no cover
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def checksum(path: Path, size: int | None = None) -> Extent:
    """Return length and CRC-32 of a file.

    Args:
        path: file to read.
        size: bytes to read. Default: all.

    Returns:
        What there is of it, up to that size.
    """
    extent = Extent()
    with path.open("rb") as file:
        while size is None or extent.bytes < size:
            block = file.read(_BLOCK if size is None else min(_BLOCK, size - extent.bytes))
            if not block:
                break
            extent = Extent(extent.bytes + len(block), zlib.crc32(block, extent.crc32))
    return extent


def _check(record: Record) -> None:
    """Raise ValueError unless the lengths of the files follow from the counts."""
    if not record.files:  # a build that has not got anywhere yet
        return
    sizes = {array_file(name): _row_bytes(name) * record.residues for name in ARRAYS}
    sizes |= dict.fromkeys((STARTS, TEXT_STARTS), 8 * (record.entries + 1))
    for name in GROWING:
        found = record.files[name].bytes
        if found != sizes.get(name, found) or found < 0:
            raise ValueError(f"{name} cannot have {found} bytes")


def _row_bytes(name: str) -> int:
    kind, shape = ARRAYS[name]
    return kind.itemsize * int(np.prod(shape, dtype=np.int64))
