"""What a system does to a run that trains, told in a line that says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from proteingraph.errors import ConfigError
from proteingraph.files import UNWRITABLE

__all__ = ["faults_told"]


@contextmanager
def faults_told(folder: Path) -> Iterator[None]:
    """Turn what is no fault of the program into a ConfigError: a full disk, a killed process.

    Args:
        folder: Folder of the run.

    Raises:
        ConfigError: If a file cannot be written, or a process that reads chains was killed.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in UNWRITABLE:
            raise
        raise ConfigError(
            f"{error.filename or folder}: cannot be written: {error.strerror}; what was written "
            f"before is whole: make room, and resume the run in {folder}"
        ) from error
    except RuntimeError as error:
        if not str(error).startswith("DataLoader worker"):
            raise
        reason = str(error).splitlines()[0]
        raise ConfigError(
            f"a process that reads chains was killed, perhaps for want of memory ({reason}): set "
            f"data.workers to fewer, and resume the run in {folder}"
        ) from error
