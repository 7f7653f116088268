"""Structure files in tar archives, read as they come past; nothing is ever extracted."""

from __future__ import annotations

import lzma
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from proteingraph.datasets.folder import is_structure_name
from proteingraph.datasets.store.items import BadItem, Item, StructureItem, shown
from proteingraph.io.source import MAX_BYTES, most_unpacked

__all__ = ["ARCHIVES", "archive_items", "count_members"]

ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")

_DAMAGE = (tarfile.TarError, OSError, EOFError, zlib.error, lzma.LZMAError)


def archive_items(path: Path) -> Iterator[Item]:
    """Yield the structure files of an archive, in its order.

    Folders, and members that have no ending of a structure file, are passed over. Those whose names
    lead out of the archive (`..`, absolute paths), links and devices are refused, as is all after
    the place where an archive is damaged.

    Args:
        path: archive, packed with gzip, bzip2, xz, or not at all.

    Yields:
        The members with their content.
    """
    found, most = False, min(MAX_BYTES, most_unpacked(path.stat().st_size))
    try:
        for archive, member in _members(path):
            found = True
            file = shown(f"{path.name}/{member.name}")
            name = PurePosixPath(member.name)
            if name.is_absolute() or ".." in name.parts:
                yield BadItem(file, f"{path}: member {member.name!r} leads out of the archive")
            elif not member.isfile():
                yield BadItem(file, f"{path}: member {member.name!r} is a link or device, no file")
            elif member.size > most:
                yield BadItem(file, f"{path}: member {member.name!r} has {member.size:,} bytes")
            else:
                content = archive.extractfile(member)
                assert content is not None  # it is a plain file
                yield StructureItem(file, f"{path}/{member.name}", content.read())
    except _DAMAGE as error:
        yield BadItem(
            shown(path.name),
            f"{path}: damaged archive, its members from here on are left out ({error}): fetch it "
            "again",
        )
    else:
        if not found:
            yield BadItem(shown(path.name), f"{path}: no structure file in this archive")


def count_members(path: Path) -> int:
    """Return the number of structure files of an archive, as far as it can be read."""
    count = 0
    try:
        for _ in _members(path):
            count += 1
    except _DAMAGE:
        count += 1  # the failure that is reported for it
    return max(1, count)


def _members(path: Path) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
    with tarfile.open(path, "r|*") as archive:
        for member in archive:
            if not member.isdir() and is_structure_name(member.name):
                yield archive, member
            # Else it would remember each of a million members.
            archive.members = []  # type: ignore[attr-defined]
