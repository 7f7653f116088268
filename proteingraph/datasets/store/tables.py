"""The tables of a store, `index.parquet` and `failures.parquet`, written from its lines of text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from proteingraph.datasets.store.layout import FAILURES, FAILURES_TABLE, INDEX, Record
from proteingraph.datasets.store.mapped import MappedFiles
from proteingraph.errors import DatasetError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = [
    "failure_tables",
    "index_tables",
    "read_column",
    "read_failures",
    "read_index",
    "write_tables",
]

ROW_GROUP = 1 << 17
"""Rows of a row group; always the same, so that a store is, however it was built."""

_FAILURE = ("file", "chain", "reason")


def index_tables(files: MappedFiles) -> Iterator[pa.Table]:
    """Yield the rows of the index, a row group at a time.

    Args:
        files: files of a store.

    Yields:
        Tables of name, length (residues), chains (joined by commas) and the labels.
    """
    import pyarrow as pa

    labels = files.record.labels
    fields = [("name", pa.string()), ("length", pa.int64()), ("chains", pa.string())]
    schema = pa.schema([*fields, *((label, pa.string()) for label in labels)])
    for first in range(0, files.record.entries, ROW_GROUP) or [0]:
        stop = min(first + ROW_GROUP, files.record.entries)
        texts = [files.text(number) for number in range(first, stop)]
        columns: list[Any] = [
            [text[0] for text in texts],
            np.diff(files.starts[first : stop + 1]),
            [text[1].replace("\t", ",") for text in texts],
        ]
        for place in range(2, 2 + len(labels)):
            columns.append([text[place] if place < len(text) else "" for text in texts])
        yield pa.table(columns, schema=schema)


def failure_tables(files: MappedFiles) -> Iterator[pa.Table]:
    """Yield the rows of the table of failures, a row group at a time.

    Args:
        files: files of a store.

    Yields:
        Tables of file, chain (empty if the whole file failed) and reason.
    """
    import pyarrow as pa

    schema = pa.schema([(name, pa.string()) for name in _FAILURE])
    lines = iter(files.content(FAILURES)[:].splitlines())
    rows = [json.loads(line) for line in islice(lines, ROW_GROUP)]
    while True:
        columns = [[row[place] for row in rows] for place in range(len(_FAILURE))]
        yield pa.table(columns, schema=schema)
        rows = [json.loads(line) for line in islice(lines, ROW_GROUP)]
        if not rows:
            return


def write_tables(path: Path, tables: Iterator[pa.Table]) -> None:
    """Write tables as the row groups of a parquet file.

    Args:
        path: file to write.
        tables: at least one.
    """
    import pyarrow.parquet as pq

    first = next(tables)
    with pq.ParquetWriter(path, first.schema, compression="zstd") as writer:
        for table in (first, *tables):
            writer.write_table(table, row_group_size=ROW_GROUP)


def read_index(folder: Path, record: Record) -> pd.DataFrame:
    """Read the index.

    Args:
        folder: folder of the store.
        record: what counts of it.

    Returns:
        One row an entry: name, length (residues), chains (joined by commas), labels.

    Raises:
        DatasetError: if the file is absent or damaged.
    """
    columns = ["name", "length", "chains", *record.labels]
    table: pd.DataFrame = _read(folder / INDEX, columns, record.entries).to_pandas()
    return table


def read_column(folder: Path, record: Record, name: str) -> NDArray[np.str_]:
    """Read a column of text of the index.

    Args:
        folder: folder of the store.
        record: what counts of it.
        name: `name`, `chains` or a label.

    Returns:
        Its values, [n].

    Raises:
        DatasetError: if the file is absent or damaged.
    """
    column = _read(folder / INDEX, [name], record.entries).column(name)
    return np.asarray(column.to_numpy(zero_copy_only=False)).astype(np.str_)


def read_failures(folder: Path, record: Record) -> pd.DataFrame:
    """Read what could not be read when a store was built.

    Args:
        folder: folder of the store.
        record: what counts of it.

    Returns:
        One row a failure: file, chain (empty if the whole file failed), reason.

    Raises:
        DatasetError: if the file is absent or damaged.
    """
    table: pd.DataFrame = _read(
        folder / FAILURES_TABLE, list(_FAILURE), record.failures
    ).to_pandas()
    return table


def _read(path: Path, columns: list[str], rows: int) -> pa.Table:
    """First rows of some columns: there may be more, of an append that was killed."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path, columns=columns)
        if len(table) < rows or table.column_names != columns:
            raise ValueError(f"it has {len(table)} rows of {', '.join(table.column_names)}")
    except (OSError, ValueError, pa.ArrowException) as error:
        raise DatasetError(
            f"{path}: absent or damaged ({error}): restore it from a copy, or build the store again"
        ) from error
    return table.slice(0, rows)
