"""Lines of CATH's text files: comments start with #, some files are packed with gzip."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from os import PathLike, fspath

from proteingraph.errors import DatasetError

__all__ = ["check_name", "read_lines", "wrong_line"]

_NAME = re.compile(r"[0-9][0-9a-z]{3}[0-9A-Za-z][0-9]{2}")


def read_lines(path: str | PathLike[str]) -> Iterator[tuple[int, str]]:
    """Read the lines that are neither blank nor comments.

    Args:
        path: text file, also packed with gzip, whatever its name.

    Yields:
        Number of a line, from 1, and the line without what surrounds it.

    Raises:
        DatasetError: if the file cannot be read.
    """
    try:
        with open(path, "rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        with (gzip.open if packed else open)(
            path, "rt", encoding="utf-8", errors="replace"
        ) as text:
            for number, line in enumerate(text, start=1):
                line = line.strip()
                if line and not line.startswith("#"):
                    yield number, line
    except (OSError, EOFError, zlib.error) as error:
        raise DatasetError(f"{fspath(path)}: cannot be read ({error})") from error


def check_name(name: str, path: str | PathLike[str], number: int) -> str:
    """Return the name of a domain, raising DatasetError if it is none.

    Args:
        name: PDB code in lower case, chain, and number of two digits, `00` for a whole chain; a
            chain without a name is `0`.
        path: file it is in.
        number: line it is in.
    """
    if not _NAME.fullmatch(name):
        raise wrong_line(path, number, f"{name!r} is no domain: expected such as '1oaiA00'")
    return name


def wrong_line(path: str | PathLike[str], number: int, problem: str) -> DatasetError:
    """Make the error of a line."""
    return DatasetError(f"{fspath(path)}, line {number}: {problem}")
