"""Whole PDB entries, in a folder or on a server."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike, fspath
from pathlib import Path

from proteingraph.datasets.download import fetch
from proteingraph.datasets.folder import find_structure_files
from proteingraph.errors import DatasetError

__all__ = ["EntrySource"]


class EntrySource:
    """Whole PDB entries in a folder, or on a server.

    Args:
        source: folder, searched with all folders in it for files named after their entries
            (`1abc.cif.gz`, `pdb1abc.ent.gz`, ...); or an address with `{code}` in place of the
            entry (and `{middle}` for its second and third letter), such as
            `https://files.rcsb.org/download/{code}.cif.gz`.
        downloads: where downloaded entries are kept.

    Raises:
        DatasetError: if the folder has no structure files, or the address lacks `{code}`.
    """

    find: Callable[[str], Path]
    """Function that takes an entry's code in lower case and returns its file.

    It raises DatasetError if there is none, DownloadError if it cannot be downloaded.
    """

    def __init__(self, source: str | PathLike[str], downloads: Path) -> None:
        """Look through the folder, or note the address."""
        self._source, self._downloads = fspath(source), downloads
        if self._source.startswith(("http://", "https://")):
            if "{code}" not in self._source:
                raise DatasetError(f"{self._source}: no {{code}} in place of the entry's code")
            self.find = self._fetch
        else:
            # Reversed, so that of several files of an entry the first in the alphabet stays.
            found = reversed(find_structure_files(source)[1])
            self._files = {_entry_code(path): path for path in found}
            self.find = self._look_up

    def _fetch(self, code: str) -> Path:
        return fetch(self._source.format(code=code, middle=code[1:3]), self._downloads)

    def _look_up(self, code: str) -> Path:
        if code not in self._files:
            raise DatasetError(f"{self._source}: no file of entry {code}; it may be obsolete")
        return self._files[code]


def _entry_code(path: Path) -> str:
    stem = path.name.lower().split(".")[0]
    return stem[3:] if stem.startswith("pdb") and len(stem) == len("pdb1abc") else stem
