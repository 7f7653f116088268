"""The files of an index, and the record that says what they hold.

An index is a folder. `vectors.bin` has a unit vector an entry, in half precision; `traces.bin` the
CA atoms of all entries one after the other as whole numbers, entry i those from `starts[i]` to
`starts[i + 1]` (`starts.bin`) in units of `steps[i]` Å (`steps.bin`). All are flat and
little-endian, without a header. `entries.parquet` has a row an entry, `failures.parquet` what could
not be read, `model/` the network that the vectors are of, and `graph.usearch`, where there are many
entries, the graph by which they are found. `meta.json` is the record. Nothing in it depends on
when or where an index was built, and it refers to nothing outside: the folder can be moved.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from proteingraph.errors import DatasetError

__all__ = [
    "ENTRIES",
    "FAILURES",
    "GRAPH",
    "META",
    "MODEL",
    "STARTS",
    "STEPS",
    "TRACES",
    "VECTORS",
    "Record",
    "describe_file",
    "find_damage",
    "is_index",
    "read_record",
    "write_record",
]

FORMAT = "proteingraph index"
VERSION = 1

META, MODEL = "meta.json", "model"
ENTRIES, FAILURES = "entries.parquet", "failures.parquet"
VECTORS, GRAPH = "vectors.bin", "graph.usearch"
TRACES, STARTS, STEPS = "traces.bin", "starts.bin", "steps.bin"

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Record:
    """What an index holds.

    Attributes:
        entries: Number of entries.
        residues: Number of residues of all entries.
        columns: Length of a vector.
        failures: Number of files or chains that could not be indexed.
        metric: What entries are compared by: ``"cosine"``.
        model: Name of the network.
        fingerprint: SHA-256 of its settings and weights.
        complexes: Whether chains of a file were embedded together.
        labels: Names of the label columns.
        sources: What it was built from, by name.
        files: Length in bytes and CRC-32 of each file.
    """

    entries: int
    residues: int
    columns: int
    failures: int
    metric: str
    model: str
    fingerprint: str
    complexes: bool
    labels: tuple[str, ...]
    sources: tuple[str, ...]
    files: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def is_index(path: Path) -> bool:
    """Tell whether a folder is an index."""
    try:
        return bool(json.loads((path / META).read_bytes())["format"] == FORMAT)
    except (OSError, ValueError, TypeError, KeyError):
        return False


def describe_file(path: Path) -> tuple[int, int]:
    """Return length in bytes and CRC-32 of a file."""
    size = crc = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            size, crc = size + len(block), zlib.crc32(block, crc)
    return size, crc


def write_record(folder: Path, record: Record) -> None:
    """Write `meta.json`.

    Args:
        folder: Folder of the index.
        record: What to write.
    """
    content = {"format": FORMAT, "version": VERSION, **asdict(record)}
    (folder / META).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def read_record(folder: Path) -> Record:
    """Read `meta.json`, and check that all files are there and as long as it says.

    Args:
        folder: Folder of the index.

    Returns:
        The record.

    Raises:
        DatasetError: If the folder is no index, of another version, or damaged.
    """
    path = folder / META
    try:
        content = json.loads(path.read_bytes())
        known = content.pop("format"), content.pop("version")
    except (FileNotFoundError, NotADirectoryError) as error:
        state = "has no meta.json" if folder.is_dir() else "is no folder"
        raise DatasetError(
            f"{folder}: no index, it {state}: `proteingraph index build` makes one"
        ) from error
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged(path, f"no record of an index ({type(error).__name__}: {error})") from error
    if known != (FORMAT, VERSION):
        raise DatasetError(
            f"{path}: expected {FORMAT!r} of version {VERSION}, found {known[0]!r:.80} of version "
            f"{known[1]!r:.20}: build the index again with this version of proteingraph"
        )
    try:
        record = _checked(content)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _damaged(path, f"{type(error).__name__}: {error}") from error
    for name, (size, _) in record.files.items():
        file = folder / name
        found = file.stat().st_size if file.is_file() else None
        if found != size:
            told = "is absent" if found is None else f"has {found:,} bytes"
            raise _damaged(file, f"{told}, expected {size:,} bytes")
    return record


def find_damage(folder: Path, record: Record) -> list[str]:
    """Compare the checksums of all files.

    Args:
        folder: Folder of the index.
        record: What they should be.

    Returns:
        Names of the files whose content is not what was written.
    """
    return [name for name, known in record.files.items() if describe_file(folder / name) != known]


def _checked(content: dict[str, Any]) -> Record:
    """Make a record, or raise ValueError if its numbers do not fit together."""
    files = {str(name): (int(size), int(crc)) for name, (size, crc) in content["files"].items()}
    texts = {name: tuple(map(str, content[name])) for name in ("labels", "sources")}
    record = Record(**{**content, **texts, "files": files})
    sizes = {
        VECTORS: 2 * record.columns * record.entries,
        TRACES: 6 * record.residues,
        STARTS: 8 * (record.entries + 1),
        STEPS: 4 * record.entries,
    }
    for name, size in sizes.items():
        if files[name][0] != size:
            raise ValueError(f"{name} cannot have {files[name][0]} bytes, but {size}")
    files[ENTRIES], files[FAILURES]
    return record


def _damaged(path: Path, what: str) -> DatasetError:
    return DatasetError(
        f"{path}: damaged, {what}: restore it from a copy, or build the index again"
    )
