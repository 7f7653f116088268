"""Errors that the package raises on bad input."""

from __future__ import annotations

import signal

__all__ = [
    "ConfigError",
    "DatasetError",
    "DownloadError",
    "MissingAttributeError",
    "ProteinGraphError",
    "StructureError",
    "WeightsError",
]

TERMINATED = 128 + signal.SIGTERM
"""Exit code of a run that was asked to end (SIGTERM), as shells give it."""


class ProteinGraphError(Exception):
    """Base of every error that bad input can cause; its text says what to do about it."""


class ConfigError(ProteinGraphError, ValueError):
    """Settings that cannot be used; names the setting and what is allowed."""


class StructureError(ProteinGraphError, ValueError):
    """A structure file or record that cannot be read; names the file, the record and the cause."""


class MissingAttributeError(ProteinGraphError, AttributeError):
    """A transform lacks a graph attribute that another transform provides."""


class WeightsError(ProteinGraphError, ValueError):
    """Saved weights that cannot be loaded: absent, damaged, or of another format version."""


class DatasetError(ProteinGraphError, ValueError):
    """A corpus, packed file or table of splits that cannot be used; names it and the cause."""


class DownloadError(DatasetError):
    """A file that cannot be downloaded; names its address, the cause and the manual route.

    Attributes:
        missing: whether the server says that it has no such file.
    """

    def __init__(self, message: str, *, missing: bool = False) -> None:
        """Take the text, and whether the server says that it has no such file."""
        super().__init__(message)
        self.missing = missing
