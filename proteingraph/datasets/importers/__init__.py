"""Corpora in foreign formats: ProMod3's StructureDB, Foldcomp's databases and files."""

from __future__ import annotations

from os import PathLike, fspath
from pathlib import Path

from proteingraph.datasets.importers.foldcomp import open_foldcomp
from proteingraph.datasets.importers.importer import Importer
from proteingraph.datasets.importers.promod3 import open_promod3

__all__ = ["Importer", "open_foldcomp", "open_importer", "open_promod3"]


def open_importer(path: str | PathLike[str]) -> Importer | None:
    """Open a corpus in a foreign format, told by its content: a few bytes of it are looked at.

    The formats are ProMod3's StructureDB (a file such as `structure_db.dat`), a Foldcomp database
    (the file beside which its `.index` lies), a Foldcomp file (`.fcz`) and a folder of such files.

    Args:
        path: file or folder.

    Returns:
        The corpus, or `None` if the path is of none of these formats or does not exist.

    Raises:
        DatasetError: if it is of one of these formats, but damaged or of another version, or
            needs an extra that is not installed.
    """
    place = Path(fspath(path))
    return open_promod3(place) or open_foldcomp(place)
