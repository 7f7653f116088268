"""Tar archives of many small files, read member by member and never unpacked."""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Iterator
from os import PathLike, fspath
from pathlib import PurePosixPath, PureWindowsPath

from proteingraph.errors import DatasetError

__all__ = ["read_members"]

MAX_MEMBER_BYTES = 1 << 28
"""Largest member that is read: 256 MiB."""


def read_members(path: str | PathLike[str]) -> Iterator[tuple[str, bytes]]:
    """Read the files of a tar archive in turn, whatever it is packed with.

    Nothing is written, so no member can overwrite anything; an archive that tries is refused all
    the same. Folders are passed over.

    Args:
        path: archive, plain or packed with gzip, bzip2 or xz.

    Yields:
        Name of a member as in the archive, without `./` ahead, and its content.

    Raises:
        DatasetError: if the file is absent, no archive, damaged or cut short, or has a member that
            would leave the folder it is unpacked in (absolute, with `..`, a link), is a device, or
            is larger than 256 MiB; names the member.
    """
    try:
        # As a stream, so that a damaged end does not keep the beginning from being read.
        with tarfile.open(fspath(path), "r|*") as archive:
            for member in archive:
                if member.isdir():
                    continue
                name = _safe_name(member, fspath(path))
                content = archive.extractfile(member)
                yield name, content.read() if content is not None else b""
    except FileNotFoundError:
        raise DatasetError(f"{fspath(path)}: no such file") from None
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise DatasetError(
            f"{fspath(path)}: no whole tar archive ({error}); remove it and fetch it again"
        ) from error


def _safe_name(member: tarfile.TarInfo, path: str) -> str:
    """Return the name of a regular member, refusing what no archive of structures holds."""
    name = PurePosixPath(member.name)
    if name.is_absolute() or ".." in name.parts or PureWindowsPath(member.name).anchor:
        problem = "would be unpacked outside the folder"
    elif member.issym() or member.islnk():
        problem = f"is a link to {member.linkname!r}"
    elif not member.isfile():
        problem = "is no regular file"
    elif member.size > MAX_MEMBER_BYTES:
        problem = f"has {member.size:,} bytes"
    else:
        return str(name)
    raise DatasetError(
        f"{path}: member {member.name!r} {problem}: the archive is not what it should be, "
        "fetch it again from its source"
    )
