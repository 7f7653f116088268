"""The files of an SCOPe release: how they are named, and where they are downloaded from."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from pathlib import Path

from proteingraph.datasets.download import base_address, fetch
from proteingraph.errors import DatasetError, DownloadError

__all__ = ["SUBSETS", "ScopeRelease"]

SERVER = "https://scop.berkeley.edu/downloads"
VARIABLE = "PROTEINGRAPH_SCOPE_URL"

SUBSETS = (40, 95)
"""Sequence identities, in per cent, at which ASTRAL offers structures of a representative set."""

_VERSION = re.compile(r"[0-9]\.[0-9]{2}[A-Z]?")


@dataclass(frozen=True)
class ScopeRelease:
    """Files of one release: taken from a folder, and downloaded to it if they are not there.

    Args:
        folder: folder of the files as SCOPe names them.
        version: release, such as `2.08`; those that start with `1.` are SCOP's.
        base_url: address to download from, in the layout of https://scop.berkeley.edu/downloads.
            Default: that, or what the environment variable `PROTEINGRAPH_SCOPE_URL` says.

    Raises:
        DatasetError: if it is no such version.
    """

    folder: Path
    version: str
    base_url: str | None = None

    def __post_init__(self) -> None:
        """Check the version."""
        if not _VERSION.fullmatch(self.version):
            raise DatasetError(f"no SCOPe version {self.version!r}: expected such as '2.08'")

    @property
    def database(self) -> str:
        """What its files call the database: `scop` or `scope`."""
        return "scop" if self.version.startswith("1.") else "scope"

    def parseable(self, kind: str) -> Path:
        """Return a file of the classification.

        The release as it came out is preferred to its later updates.

        Args:
            kind: `cla` (domains), `des` (names of nodes) or `hie` (tree).

        Returns:
            Path of the file.

        Raises:
            DownloadError: if it is not there and cannot be downloaded.
        """
        stem = f"dir.{kind}.{self.database}.{self.version}"
        name = f"{stem}.txt" if self.database == "scop" else f"{stem}-stable.txt"
        updates = sorted(self.folder.glob(f"{stem}-*.txt"))
        if updates and not (self.folder / name).is_file():
            return updates[-1]
        return self._fetch(f"parse/{name}")

    def subset(self, identity: int) -> Path:
        """Return a file that tells which domains a subset has.

        Args:
            identity: 40 or 95, per cent.

        Returns:
            Path of the sequences (`.fa`), or of a list of identifiers (`.id`) if that is there.

        Raises:
            DownloadError: if neither is there and the sequences cannot be downloaded.
        """
        stem = f"astral-{self.database}dom-seqres-gd-sel-gs-bib-{identity}-{self.version}"
        listed = self.folder / f"{stem}.id"
        if listed.is_file():
            return listed
        return self._fetch(f"{self.database}seq-{self.version}/{stem}.fa")

    def structures(self, identity: int | None) -> list[Path]:
        """Return where structures of domains are.

        Args:
            identity: 40 or 95, per cent; `None` for all domains.

        Returns:
            The archive of the subset, or those of all domains; or the folder `pdbstyle-VERSION`
            that they unpack to, if that is there and they are not.

        Raises:
            DownloadError: if none is there and it cannot be downloaded.
        """
        unpacked = self.folder / f"pdbstyle-{self.version}"
        name = f"pdbstyle-{self.version}-1.tgz"
        if identity is not None:
            name = f"pdbstyle-sel-gs-bib-{identity}-{self.version}.tgz"
        if unpacked.is_dir() and not (self.folder / name).is_file():
            return [unpacked]
        if identity is None and not (self.folder / name).is_file():
            self._fetch_other_parts()
        first = self._fetch(f"pdbstyle/{name}")
        if identity is not None:
            return [first]
        parts = self.folder.glob(f"pdbstyle-{self.version}-*.tgz")
        return sorted(parts, key=lambda path: (len(path.name), path.name))

    def _fetch_other_parts(self) -> None:
        """Download all archives of all domains but the first.

        Their number differs from release to release. The first is fetched last: where it is, the
        others are.
        """
        for part in itertools.count(2):
            try:
                self._fetch(f"pdbstyle/pdbstyle-{self.version}-{part}.tgz")
            except DownloadError as error:
                if error.missing:
                    return
                raise

    def _fetch(self, path: str) -> Path:
        server = base_address(SERVER, self.base_url, VARIABLE)
        page = f"https://scop.berkeley.edu/downloads/ver={self.version}"
        manual = f"see {page}, or name a mirror in {VARIABLE}"
        return fetch(f"{server}/{path}", self.folder, manual=manual)
