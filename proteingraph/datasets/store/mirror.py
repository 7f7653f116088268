"""Lists of PDB entries, looked up in a local mirror of the archive."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from proteingraph.datasets.store.items import BadItem, Item, StructureItem, shown
from proteingraph.errors import DatasetError

__all__ = ["LISTS", "listed_items", "read_ids"]

LISTS = (".txt", ".lst", ".list", ".ids")

_ID = re.compile(r"(pdb_0000)?[0-9][a-z0-9]{3}", re.IGNORECASE)
_FILES = (
    "{id}.cif.gz",
    "pdb{id}.ent.gz",
    "{id}.bcif.gz",
    "{id}.pdb.gz",
    "{id}.cif",
    "{id}.bcif",
    "{id}.pdb",
    "pdb{id}.ent",
)


def read_ids(path: Path) -> list[str]:
    """Read a list of PDB entries, separated by lines, blanks or commas; `#` begins a comment.

    Args:
        path: text file.

    Returns:
        The entries in lower case, `pdb_00001abc` as `1abc`.

    Raises:
        DatasetError: if it cannot be read, or holds something else, or nothing.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: cannot be read as a list of PDB entries ({error})") from error
    ids = []
    for number, line in enumerate(lines, start=1):
        for word in line.partition("#")[0].replace(",", " ").split():
            if not _ID.fullmatch(word):
                raise DatasetError(
                    f"{path}, line {number}: {word!r:.40} is no PDB entry such as 1abc"
                )
            ids.append(word[-4:].lower())
    if not ids:
        raise DatasetError(f"{path}: names no PDB entry")
    return ids


def listed_items(ids: list[str], mirror: Path) -> Iterator[Item]:
    """Find the files of PDB entries in a mirror.

    Looked for are the names of the wwPDB (`1abc.cif.gz`, `pdb1abc.ent.gz`) and those of single
    downloads, first in the folder of the middle two characters (`ab`), then in the mirror itself.

    Args:
        ids: entries, in lower case.
        mirror: folder, as `divided/mmCIF` of the wwPDB's archive.

    Yields:
        The file of each entry, or that there is none.
    """
    for entry in ids:
        names = [name.format(id=entry) for name in _FILES]
        names += [name.format(id=entry.upper()) for name in _FILES]
        places = [mirror / folder / name for folder in (entry[1:3], "") for name in names]
        found = next((place for place in places if place.is_file()), None)
        if found is None:
            tried = f"{entry[1:3]}/{entry}.cif.gz, {entry[1:3]}/pdb{entry}.ent.gz"
            yield BadItem(entry, f"{entry}: not in {mirror}, neither as {tried} nor beside them")
        else:
            yield StructureItem(shown(found.relative_to(mirror).as_posix()), str(found), name=entry)
