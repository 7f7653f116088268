"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import PathLike
from pathlib import Path

__all__ = ["UNWRITABLE", "clear_partials", "replace_folder", "replacing"]

UNWRITABLE = frozenset(
    getattr(errno, name)
    for name in ("ENOSPC", "EDQUOT", "EFBIG", "EROFS", "EACCES", "EPERM", "EIO")
    if hasattr(errno, name)
)
"""Numbers of errors by which a system says that something cannot be written there."""


@contextmanager
def replacing(path: str | PathLike[str]) -> Iterator[Path]:
    """Give a temporary name beside a file, which takes the file's place at the end.

    After an error, or an interrupt, the temporary file is removed and the file is as it was.

    Args:
        path: File to write.

    Yields:
        Name to write to, in the same folder.

    Raises:
        OSError: If the file cannot be put in place.
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}.partial")
    try:
        yield partial
        os.replace(partial, path)
    finally:
        with suppress(OSError):  # of a folder that cannot be written to: what matters went before
            partial.unlink(missing_ok=True)


def clear_partials(folder: str | PathLike[str], name: str = "*") -> None:
    """Remove the temporary files that processes left in a folder when they were killed.

    Args:
        folder: Folder, which need not exist, and which no other process writes to.
        name: Remove only those of the file of this name. (default: all)
    """
    for partial in Path(folder).glob(f".{name}.*.partial"):
        with suppress(OSError):
            partial.unlink()


def replace_folder(folder: str | PathLike[str], path: str | PathLike[str]) -> None:
    """Put a folder in the place of another, which stays where it is if that fails.

    Args:
        folder: Folder beside it, whose name does not matter.
        path: Where to put it.

    Raises:
        OSError: If it cannot be put in place.
    """
    folder, path = Path(folder), Path(path)
    old = path.with_name(f".{path.name}.{uuid.uuid4().hex}.old")
    if path.exists():
        os.rename(path, old)
    try:
        os.rename(folder, path)
    except OSError:
        with suppress(OSError):
            os.rename(old, path)
        raise
    shutil.rmtree(old, ignore_errors=True)
