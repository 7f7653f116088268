"""The table of the entries of an index, and that of what could not be indexed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proteingraph.errors import DatasetError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "COLUMNS",
    "EntryTable",
    "failure_table",
    "read_entries",
    "read_failures",
    "write_table",
]

COLUMNS = ("name", "length", "chains")
ROWS = 8192
_FAILURE = ("file", "chain", "reason")


class EntryTable:
    """The table of entries while it grows; entries may have different labels."""

    def __init__(self) -> None:
        self._rows: list[dict[str, Any]] = []
        self._parts: list[pa.Table] = []

    def add(self, name: str, length: int, chains: str, labels: Mapping[str, str]) -> None:
        """Add a row.

        Args:
            name: Name of the entry.
            length: Its residues.
            chains: Its chains, joined by commas.
            labels: Its labels, none of which is called as one of these.
        """
        self._rows.append({**labels, "name": name, "length": length, "chains": chains})
        if len(self._rows) >= ROWS:
            self._pack()

    def _pack(self) -> None:
        """Put the last rows together, in which they take a tenth of the memory."""
        import pyarrow as pa

        names = dict.fromkeys((*COLUMNS, *(name for row in self._rows for name in row)))
        kinds = [(name, pa.int64() if name == "length" else pa.string()) for name in names]
        self._parts.append(pa.Table.from_pylist(self._rows, pa.schema(kinds)))
        self._rows = []

    def finish(self) -> tuple[pa.Table, tuple[str, ...]]:
        """Return the table, with `""` where an entry lacks a label, and the names of the labels."""
        import pyarrow as pa

        self._pack()
        table = pa.concat_tables(self._parts, promote_options="default")
        columns = [column.fill_null("") if column.null_count else column for column in table]
        names = table.column_names
        return pa.table(columns, names=names), tuple(names[len(COLUMNS) :])


def write_table(path: Path, table: pa.Table) -> None:
    """Write a table."""
    import pyarrow.parquet as pq

    pq.write_table(table, path, compression="zstd")


def failure_table(failures: Sequence[tuple[str, str, str]]) -> pa.Table:
    """Make a table of what could not be indexed: file, chain (empty for all of it), reason."""
    import pyarrow as pa

    columns = [[failure[place] for failure in failures] for place in range(len(_FAILURE))]
    return pa.table([pa.array(c, pa.string()) for c in columns], names=list(_FAILURE))


def read_entries(path: Path, labels: Sequence[str], entries: int) -> pa.Table:
    """Read the table of entries, so that single rows can be taken out of it quickly.

    Args:
        path: The file.
        labels: Label columns it must have.
        entries: Rows it must have.

    Raises:
        DatasetError: If it is damaged.
    """
    return _read(path, (*COLUMNS, *labels), entries).combine_chunks()


def read_failures(path: Path, failures: int) -> pa.Table:
    """Read the table of what could not be indexed.

    Args:
        path: The file.
        failures: Rows it must have.

    Raises:
        DatasetError: If it is damaged.
    """
    return _read(path, _FAILURE, failures)


def _read(path: Path, columns: Sequence[str], rows: int) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(path).read(columns=list(columns))
        if len(table) != rows or table.column_names != list(columns):
            raise ValueError(f"it has {len(table)} rows of {', '.join(table.column_names)}")
    except (OSError, ValueError, pa.ArrowException) as error:
        raise DatasetError(
            f"{path}: damaged ({error}): restore it from a copy, or build the index again"
        ) from error
    return table
