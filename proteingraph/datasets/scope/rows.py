"""Rows of SCOPe's parseable files: columns separated by tabs."""

from __future__ import annotations

from collections.abc import Iterator
from os import PathLike

from proteingraph.datasets.lines import read_lines, wrong_line

__all__ = ["read_rows"]


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
        fields = line.split("\t")
        if len(fields) != count:
            problem = f"{len(fields)} fields separated by tabs, expected {count} ({columns})"
            raise wrong_line(path, number, problem)
        yield number, fields
