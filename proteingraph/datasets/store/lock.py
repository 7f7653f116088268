"""A lock on a folder, which ends with the process that holds it.

It is on the folder itself: a lock file, as libraries make one, would lie among the files of a store
whose writer was killed.
"""

from __future__ import annotations

import os
from pathlib import Path

from proteingraph.errors import DatasetError

__all__ = ["lock_folder"]


def lock_folder(path: Path) -> int | None:
    """Keep other processes from writing to a folder, where the system knows how.

    Args:
        path: the folder.

    Returns:
        Descriptor that holds the lock until it is closed; `None` where there are no such locks.

    Raises:
        DatasetError: if another process holds it, or the folder cannot be opened.
    """
    try:
        import fcntl
    except ImportError:  # pragma: no cover
        return None
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise DatasetError(f"{path}: cannot be opened: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise DatasetError(f"{path}: another process is writing to it: wait until it ends") from (
            error
        )
    except OSError:  # pragma: no cover - a file system without locks
        pass
    return descriptor
