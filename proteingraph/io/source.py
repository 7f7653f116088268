"""Getting at a file's bytes: opening, unpacking within bounds, telling its format."""

from __future__ import annotations

import gzip
import io
import os
import zlib
from pathlib import Path
from typing import IO, Any

from proteingraph.errors import StructureError

__all__ = ["FORMATS", "MAX_BYTES", "Source", "load", "most_unpacked", "name_format"]

Source = str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes] | IO[str]

FORMATS = ("pdb", "mmcif", "bcif")

MAX_BYTES = 2 * 2**30
"""Largest size, after unpacking, that is read unless told otherwise: 2 GiB."""

_CHUNK = 1 << 20

# Digits pack about eightfold, so that no structure file of this size comes near this ratio.
_BOMB_BYTES = 64 << 20
_BOMB_RATIO = 100

_ALIASES = {"ent": "pdb", "cif": "mmcif", "mcif": "mmcif", "binarycif": "bcif"}
_ENDINGS = {
    ".pdb": "pdb",
    ".ent": "pdb",
    ".pdb1": "pdb",
    ".cif": "mmcif",
    ".mmcif": "mmcif",
    ".mcif": "mmcif",
    ".bcif": "bcif",
}
_GZIP = b"\x1f\x8b"
_ARCHIVES = {b"PK\x03\x04": "zip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
_TAR_PLACE, _TAR = 257, b"ustar"
_PDB_RECORDS = (b"ATOM  ", b"HETATM", b"HEADER", b"MODEL ", b"REMARK", b"CRYST1", b"SEQRES")


def load(
    source: Source, format: str | None = None, max_bytes: int = MAX_BYTES
) -> tuple[bytes, str, str, str]:
    """Read a file whole, unpacked if it is gzip.

    Args:
        source: Path, file object opened for reading, or the content itself.
        format: ``"pdb"``, ``"mmcif"`` or ``"bcif"``; by default told from the file's name, and
            from the content if that says nothing.
        max_bytes: Largest size to accept, unpacked.

    Returns:
        Content (lines of text end in LF, whatever they end in), format, name of the entry, and
        the file's name for error messages.

    Raises:
        StructureError: If it cannot be opened or unpacked, is empty, too large, or of another
            format than its name says.
    """
    data, path = _read(source, max_bytes)
    shown = path or f"<{type(source).__name__}>"
    if data.startswith(_GZIP):
        data = _gunzip(data, shown, max_bytes)
    _check_archive(data, shown)
    if data[:3] == b"\xef\xbb\xbf":
        data = data[3:]
    if not data[:8192].strip() and not data.strip():
        raise StructureError(f"{shown}: the file is empty")
    file = Path(path).name if path else ""
    if file.lower().endswith(".gz"):
        file = file[:-3]
    stem, ending = os.path.splitext(file)
    named = _ENDINGS.get(ending.lower())
    name = (stem if named else file) or "structure"
    found = sniff(data)
    chosen = name_format(format) if format is not None else named or found
    if chosen is None:
        raise StructureError(
            f"{shown}: neither name nor content tells the format; pass format= one of "
            f"{', '.join(FORMATS)}"
        )
    if found is not None and found != chosen:
        said = "format" if format is not None else "name"
        raise StructureError(
            f"{shown}: the {said} says {chosen}, the content looks like {found}; "
            f"pass format={found!r}" + ("" if format is not None else " or rename the file")
        )
    if chosen == "bcif":
        return data, chosen, name, shown
    if b"\0" in data:
        raise StructureError(
            f"{shown}: holds zero bytes, which no text has; a crash or a full disk leaves such "
            "files, so fetch it again"
        )
    if b"\r" in data:
        # The libraries take a lone CR for an end of line here and for a blank there.
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data, chosen, name, shown


def name_format(format: str) -> str:
    """Return the proper name of a format, raising StructureError for an unknown one."""
    text = str(format).lower().removesuffix(".gz").lstrip(".")
    text = _ALIASES.get(text, text)
    if text not in FORMATS:
        raise StructureError(f"unknown format {format!r}; expected one of {', '.join(FORMATS)}")
    return text


def sniff(data: bytes) -> str | None:
    """Tell the format from the content, or ``None`` if it is none of ours for sure."""
    if 0x80 <= data[0] <= 0x8F and b"dataBlocks" in data[:4096]:
        return "bcif"
    for line in data[:8192].splitlines():
        if not line.strip() or line.startswith(b"#"):
            continue
        if line.startswith(_PDB_RECORDS):
            return "pdb"
        if line[:5].lower() == b"data_":
            return "mmcif"
    return None


def _read(source: Source, max_bytes: int) -> tuple[bytes, str]:
    if isinstance(source, bytes | bytearray | memoryview):
        data = bytes(source)
        path = ""
    elif isinstance(source, str | os.PathLike):
        path = os.fspath(source)
        try:
            with open(path, "rb") as file:
                data = bytes(_drain(file, max_bytes))
        except IsADirectoryError as error:
            raise StructureError(f"{path}: is a folder, expected a file") from error
        except FileNotFoundError as error:
            raise StructureError(f"{path}: no such file") from error
        except (OSError, ValueError) as error:
            raise StructureError(f"{path!r}: cannot be opened: {error}") from error
    elif hasattr(source, "read"):
        data, path = _read_object(source, max_bytes)
    else:
        raise StructureError(
            f"cannot read from {type(source).__name__}; expected a path, a file object or bytes"
        )
    if len(data) > max_bytes:
        raise _too_large(path or f"<{type(source).__name__}>", max_bytes)
    return data, path


def _drain(file: Any, max_bytes: int) -> Any:
    """Read a file object to its end, or one chunk beyond the bound.

    In chunks, because asking for two gigabytes at once sets them aside at once.
    """
    chunks = []
    size = 0
    while size <= max_bytes:
        chunk = file.read(_CHUNK)
        if not chunk:
            break
        chunks.append(chunk)
        size += len(chunk)
    return ("" if chunks and isinstance(chunks[0], str) else b"").join(chunks)


def _read_object(source: Any, max_bytes: int) -> tuple[bytes, str]:
    name = getattr(source, "name", "")
    path = name if isinstance(name, str) else ""
    try:
        content = _drain(source, max_bytes)
        if isinstance(content, str):
            content = content.encode("utf-8", "replace")
        return bytes(content), path
    except Exception as error:  # a file object of the caller's may raise anything
        shown = path or f"<{type(source).__name__}>"
        raise StructureError(f"{shown}: cannot be read: {error}") from error


def most_unpacked(packed: int) -> int:
    """Bytes that structures packed into so many may unpack to before they are taken for a bomb."""
    return max(_BOMB_BYTES, _BOMB_RATIO * packed)


def _gunzip(data: bytes, shown: str, max_bytes: int) -> bytes:
    most = most_unpacked(len(data))
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            content = bytes(_drain(file, min(most, max_bytes)))
    except (OSError, EOFError, zlib.error) as error:
        raise StructureError(f"{shown}: broken gzip: {error}; fetch the file again") from error
    if len(content) > max_bytes:
        raise _too_large(shown, max_bytes)
    if len(content) > most:
        raise StructureError(
            f"{shown}: {len(data):,} bytes that unpack to more than {most:,}: no structure file "
            "packs so well; fetch it again"
        )
    return content


def _check_archive(data: bytes, shown: str) -> None:
    """Raise if the content is packed in a way that is not read."""
    if data.startswith(_GZIP):
        raise StructureError(f"{shown}: packed with gzip twice; unpack it once")
    found = [kind for start, kind in _ARCHIVES.items() if data.startswith(start)]
    if data[_TAR_PLACE : _TAR_PLACE + len(_TAR)] == _TAR:
        found.append("tar")
    if found:
        raise StructureError(f"{shown}: is a {found[0]} archive, not a structure; unpack it first")


def _too_large(shown: str, max_bytes: int) -> StructureError:
    return StructureError(
        f"{shown}: larger than {max_bytes:,} bytes unpacked; raise max_bytes if that is right"
    )
