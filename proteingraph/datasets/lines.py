"""Lines of the text files that databases release, packed with gzip or not."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from os import PathLike, fspath

from proteingraph.errors import DatasetError

__all__ = ["read_lines", "wrong_line"]

_GZIP = b"\x1f\x8b"


def read_lines(path: str | PathLike[str]) -> Iterator[tuple[int, str]]:
    """Read the lines of a text file that are neither blank nor comments, which start with `#`.

    Args:
        path: file to read, packed with gzip or not, whatever its name; bytes that are not UTF-8, as
            in names of organisms, become U+FFFD.

    Yields:
        Number of a line, from 1, and the line without blanks around it; tabs, which part columns,
        stay.

    Raises:
        DatasetError: if the file cannot be read.
    """
    try:
        with open(path, "rb") as file:
            packed = file.read(2) == _GZIP
        with (gzip.open if packed else open)(
            path, "rt", encoding="utf-8", errors="replace"
        ) as text:
            for number, line in enumerate(text, start=1):
                if line.strip() and not line.lstrip().startswith("#"):
                    yield number, line.strip(" \r\n")
    except (OSError, EOFError, zlib.error) as error:
        raise DatasetError(f"{fspath(path)}: cannot be read ({error})") from error


def wrong_line(path: str | PathLike[str], number: int, problem: str) -> DatasetError:
    """Make the error of a line.

    Args:
        path: file it is in.
        number: its number, from 1.
        problem: what is wrong with it.

    Returns:
        The error, to be raised.
    """
    return DatasetError(f"{fspath(path)}, line {number}: {problem}")
