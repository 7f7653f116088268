"""Checks of a store: that its files are what was written, and that they fit together."""

from __future__ import annotations

from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proteingraph.datasets.store.layout import (
    BUILD,
    FAILURES_TABLE,
    INDEX,
    STARTS,
    TABLES,
    TEXT_STARTS,
    TEXTS,
    array_file,
    checksum,
)
from proteingraph.datasets.store.mapped import MappedFiles, open_files
from proteingraph.datasets.store.tables import failure_tables, index_tables
from proteingraph.errors import DatasetError
from proteingraph.io.alphabet import UNKNOWN_TYPE

__all__ = ["verify_store"]

_ROWS = 1 << 20  # looked at in one go


def verify_store(path: str | PathLike[str]) -> list[str]:
    """Read all files of a store and check them.

    Args:
        path: folder of the store.

    Returns:
        What is wrong, each with the name of the damaged file; empty if all is well.

    Raises:
        DatasetError: if it cannot be opened at all.
    """
    files = open_files(Path(path))
    damage = list(_wrong_checksums(files))
    if not damage:  # else whatever does not fit comes of that
        for check in (_wrong_starts, _wrong_columns, _wrong_tables):
            damage += check(files)
    return damage


def _wrong_checksums(files: MappedFiles) -> Iterator[str]:
    # An append that was killed at its end leaves longer tables, which are told by content.
    appended = (files.path / BUILD).is_file()
    for name, expected in files.record.files.items():
        if appended and name in TABLES:
            continue
        try:
            found = checksum(files.path / name, None if name in TABLES else expected.bytes)
        except OSError as error:
            yield f"{name}: cannot be read: {error.strerror}"
            continue
        if found != expected:
            yield (
                f"{name}: checksum {found.crc32:08x} of {found.bytes:,} bytes, "
                f"expected {expected.crc32:08x} of {expected.bytes:,}"
            )


def _wrong_starts(files: MappedFiles) -> Iterator[str]:
    record = files.record
    text_starts = files.array(TEXT_STARTS, np.dtype("<i8"))
    for name, starts, end in (
        (STARTS, files.starts, record.residues),
        (TEXT_STARTS, text_starts, record.files[TEXTS].bytes),
    ):
        if starts[0] != 0 or starts[-1] != end:
            yield f"{name}: goes from {starts[0]} to {starts[-1]}, expected 0 to {end}"
        elif (np.diff(starts) < 1).any():
            entry = int(np.flatnonzero(np.diff(starts) < 1)[0])
            yield f"{name}: entry {entry} ends before it begins"


def _wrong_columns(files: MappedFiles) -> Iterator[str]:
    for first in range(0, files.record.residues, _ROWS):
        block = {name: column[first : first + _ROWS] for name, column in files.columns.items()}
        for name, (good, told) in _rules(block).items():
            if not good.all():
                row = first + int(np.flatnonzero(~good)[0])
                yield f"{array_file(name)}: row {row}: {told}"


def _rules(block: dict[str, NDArray[Any]]) -> dict[str, tuple[NDArray[np.bool_], str]]:
    """Whether each row of some columns is as it must be, and what is wrong if not."""
    mask, kind = block["atom_mask"], block["residue_type"]
    absent = (mask[:, None] >> np.arange(4) & 1) == 0
    coordinates = block["coordinates"]
    good = np.isfinite(coordinates).all(axis=(1, 2)) & ~(coordinates.any(axis=2) & absent).any(1)
    return {
        "coordinates": (good, "a coordinate is not finite, or of an atom that is missing"),
        "atom_mask": ((mask < 16) & ~absent[:, 1], "no such mask, or CA is missing"),
        "residue_type": ((kind >= 0) & (kind <= UNKNOWN_TYPE), "no such residue type"),
        "b_factor": (np.isfinite(block["b_factor"]), "not a finite number"),
        **{
            name: (block[name] >= 0, "below 0")
            for name in ("chain", "segment", "position", "insertion_code")
        },
    }


def _wrong_tables(files: MappedFiles) -> Iterator[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    for name, tables in ((INDEX, index_tables(files)), (FAILURES_TABLE, failure_tables(files))):
        try:
            found = pq.read_table(files.path / name)
        except (OSError, pa.ArrowException) as error:
            yield f"{name}: cannot be read: {error}"
            continue
        first = 0
        try:
            for table in tables:
                if not found.slice(first, len(table)).select(table.column_names).equals(table):
                    yield f"{name}: is not what the files of texts say, from row {first} on"
                    break
                first += len(table)
        except (KeyError, ValueError) as error:
            told = str(error) if isinstance(error, DatasetError) else f"{name}: {error}"
            yield told.removeprefix(f"{files.path}/")
