"""Files of a CATH release: their addresses on CATH's server, and their names on disk."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from proteingraph.datasets.download import base_address, fetch
from proteingraph.errors import DatasetError

__all__ = ["NONREDUNDANT", "CathRelease"]

NONREDUNDANT = ("S20", "S40")
"""Sets of representatives whose structures CATH offers as one archive."""

SERVER = "https://download.cathdb.info/cath/releases"
VARIABLE = "PROTEINGRAPH_CATH_URL"

_LATEST = "latest"
_VERSION = re.compile(r"v[0-9]+_[0-9]+_[0-9]+")
_CLASSIFICATION = "cath-classification-data"
_REPRESENTATIVES = "non-redundant-data-sets"


@dataclass(frozen=True)
class CathRelease:
    """A release, whose files are downloaded when they are asked for and absent.

    The server has the releases in `all-releases/v4_3_0/`, where file names end with the version,
    and the newest in `latest-release/`, where they do not (README of CATH's download page). CATH
    publishes no checksums.

    Args:
        folder: where the files are, or go to.
        version: `v4_3_0` and the like, or `latest`.
        base_url: address of the releases, for a mirror. Default: the environment variable
            `PROTEINGRAPH_CATH_URL`, or else CATH's server.

    Raises:
        DatasetError: if it is no such version. Its methods raise DownloadError.
    """

    folder: Path
    version: str
    base_url: str | None = None

    def __post_init__(self) -> None:
        """Check the version."""
        if self.version != _LATEST and not _VERSION.fullmatch(self.version):
            raise DatasetError(
                f"no CATH version {self.version!r}: expected such as 'v4_3_0', or 'latest'"
            )

    def domain_list(self) -> Path:
        """Return the list of all domains; see `read_domain_list`."""
        return self._fetch(_CLASSIFICATION, "cath-domain-list", ".txt")

    def names(self) -> Path:
        """Return the names of the nodes; see `read_names`."""
        return self._fetch(_CLASSIFICATION, "cath-names", ".txt")

    def boundaries(self) -> Path:
        """Return the boundaries of the domains; see `read_boundaries`."""
        return self._fetch(_CLASSIFICATION, "cath-domain-boundaries", ".txt")

    def representatives(self, cut: str) -> Path:
        """Return the list of representatives of `S20` or `S40`; see `read_name_list`."""
        return self._fetch(_REPRESENTATIVES, f"cath-dataset-nonredundant-{cut}", ".list")

    def structures(self, cut: str) -> Path:
        """Return the archive of the structures of `S20` or `S40`, `dompdb/1oaiA00` and so on."""
        return self._fetch(_REPRESENTATIVES, f"cath-dataset-nonredundant-{cut}", ".pdb.tgz")

    def _fetch(self, room: str, stem: str, ending: str) -> Path:
        latest = self.version == _LATEST
        place = "latest-release" if latest else f"all-releases/{self.version}"
        name = f"{stem}{ending}" if latest else f"{stem}-{self.version}{ending}"
        server = base_address(SERVER, self.base_url, VARIABLE)
        manual = f"see https://www.cathdb.info/download, or name a mirror in {VARIABLE}"
        return fetch(f"{server}/{place}/{room}/{name}", self.folder, manual=manual)
