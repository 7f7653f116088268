"""Rows of SCOPe's parseable files: columns separated by tabs, comments that start with #."""

from __future__ import annotations

from collections.abc import Iterator
from os import PathLike, fspath

from proteingraph.errors import DatasetError

__all__ = ["read_lines", "read_rows"]


def read_lines(path: str | PathLike[str]) -> Iterator[tuple[int, str]]:
    """Read the lines of a text file that are not blank.

    Args:
        path: file to read; bytes that are not UTF-8, in names of organisms, become U+FFFD.

    Yields:
        Number of a line, from 1, and the line without what ends it.

    Raises:
        DatasetError: if the file cannot be read.
    """
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, line.rstrip("\r\n")
    except OSError as error:
        raise DatasetError(f"{fspath(path)}: cannot be read ({error})") from error


def read_rows(path: str | PathLike[str], columns: str) -> Iterator[tuple[int, list[str]]]:
    """Read the rows of a parseable file.

    Args:
        path: file to read.
        columns: names of its columns, with blanks between them.

    Yields:
        Number of the row's line, from 1, and its fields.

    Raises:
        DatasetError: if the file cannot be read, or a row has another number of fields.
    """
    count = len(columns.split())
    for number, line in read_lines(path):
        if line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != count:
            raise DatasetError(
                f"{fspath(path)}, line {number}: {len(fields)} fields separated by tabs, "
                f"expected {count} ({columns})"
            )
        yield number, fields
