"""ProMod3's StructureDB: backbones of PDB chains in one binary file.

ProMod3 (G. Studer et al., PLoS Computational Biology 17, e1008667, 2021) writes `structure_db.dat`
as its C++ objects lie in memory. The layout below was found by looking at the file of Debian's
`promod3-data` 3.2.1 (21,119 chains, 4,561,225 residues, of which every byte is accounted for);
numbers are little-endian:

    magic number 1234, version 2, sizes of 12 C++ types        14 x uint32
    samples of number types                                    float32, int8, int16, uint64, int16
    which data are stored, as flags (-1: all)                  int32
    number of chains                                           uint64
    for each chain: length and text of the PDB code and of     uint32, bytes, uint32, bytes,
      the chain's name; its first row, residues, first           uint32, uint16, uint16,
      residue's place in SEQRES; how it was moved, in Å          3 x float32
    number of rows; one-letter codes                           uint64, rows x bytes
    number of rows; N, CA, C, O in 0.01 Å                      uint64, rows x 4 x 3 x uint16
    six more arrays in the same way, if all data are stored: dihedral angles, two numbers for
      burial, DSSP states, sequence profiles and structure profiles
      (4, 2, 2, 1, 40 and 40 bytes a row)

A chain was moved as a whole so that all its coordinates are positive. The move is undone here.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proteingraph.datasets.folder import Failure
from proteingraph.datasets.importers.backbones import pack_backbones
from proteingraph.datasets.importers.importer import Importer
from proteingraph.datasets.pack import ChainPack
from proteingraph.errors import DatasetError
from proteingraph.io.alphabet import AMINO_ACIDS, UNKNOWN_TYPE

__all__ = ["open_promod3"]

MAGIC = struct.pack("<I", 1234)
ALL_DATA = -1
BYTES_OF_OTHER_DATA = (4, 2, 2, 1, 40, 40)

_HEADER = struct.Struct("<14I fbhQh")
_STORED = struct.Struct("<iQ")
_PLACE = struct.Struct("<IHH3f")
_TEXT = struct.Struct("<I")
_ROWS = struct.Struct("<Q")
_EXPECTED = (1234, 2, 4, 4, 2, 8, 2, 6, 88, 40, 24, 6, 4, 1, 1.0, 1, 1, 1, 1)
_SIZE_OF_CHAIN = 8  # of a C++ object with two texts: depends on the compiler, not on the format

_TYPE_OF_LETTER = np.full(256, UNKNOWN_TYPE, np.int8)
_TYPE_OF_LETTER[np.frombuffer(AMINO_ACIDS.encode(), np.uint8)] = np.arange(len(AMINO_ACIDS))


@dataclass(frozen=True)
class _Database:
    """Table of the chains of a StructureDB, and its mapped arrays."""

    names: list[str]
    chain_ids: list[str]
    starts: NDArray[np.int64]
    first_number: NDArray[np.int32]
    shift: NDArray[np.float32]
    sequence: NDArray[np.uint8]
    coordinates: NDArray[np.uint16]


def open_promod3(path: Path) -> Importer | None:
    """Open a StructureDB of ProMod3, version 2, such as `structure_db.dat` of Debian's packages.

    Entries are named as `1abc_A`. N, CA, C and O are those of the PDB entry, in its frame, rounded
    to 0.01 Å; none is missing. Residue numbers are places in the SEQRES record, from 1 (mmCIF's
    `label_seq_id`). Secondary structure, burial and profiles are not taken over.

    Args:
        path: the file.

    Returns:
        The corpus, or `None` if the file does not begin as one of ProMod3's does.

    Raises:
        DatasetError: if it is another file of ProMod3's, or damaged.
    """
    try:
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                return None
    except (FileNotFoundError, IsADirectoryError):
        return None
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error})") from error
    state = _state(path)
    count = len(_database(path, state).names)
    return Importer("ProMod3 StructureDB", path, count, partial(_read, path, state))


def _read(
    path: Path, state: tuple[int, int], first: int, stop: int
) -> tuple[ChainPack, list[Failure]]:
    """Entries `first` to `stop`; one is never bad alone."""
    if _state(path) != state:
        raise DatasetError(f"{path}: was changed since it was opened: import it again")
    database = _database(path, state)
    starts = database.starts[first : stop + 1]
    rows = slice(starts[0], starts[-1])
    lengths = np.diff(starts)
    rank = np.arange(starts[0], starts[-1]) - np.repeat(starts[:-1], lengths)
    coordinates = database.coordinates[rows].astype(np.float32) / np.float32(100)
    coordinates -= np.repeat(database.shift[first:stop], lengths, axis=0)[:, None]
    pack = pack_backbones(
        coordinates,
        _TYPE_OF_LETTER[database.sequence[rows]],
        lengths,
        database.names[first:stop],
        database.chain_ids[first:stop],
        (np.repeat(database.first_number[first:stop], lengths) + rank).astype(np.int32),
    )
    return pack, []


def _state(path: Path) -> tuple[int, int]:
    """Size of a file and time of its last change: the same as long as it is the same file."""
    state = path.stat()
    return state.st_size, state.st_mtime_ns


@lru_cache(maxsize=4)
def _database(path: Path, state: tuple[int, int]) -> _Database:
    """Table and arrays of a file, which a process reads once."""
    size, _ = state
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        stored, count = _read_header(path, content)
        chains, rows, at = _read_chains(path, content, count)
        sequence = _find_array(path, content, at, rows, 1)
        coordinates = _find_array(path, content, sequence + rows, rows, 24)
        end = coordinates + 24 * rows
        if stored == ALL_DATA:
            for width in BYTES_OF_OTHER_DATA:
                end = _find_array(path, content, end, rows, width) + width * rows
            if size != end:
                raise _damaged(path, end, f"{size - end} bytes more than its tables account for")
    texts, numbers = zip(*((chain[:2], chain[2:]) for chain in chains), strict=True)
    table = np.array(numbers, np.float64)
    return _Database(
        names=[f"{code.lower()}_{chain}" for code, chain in texts],
        chain_ids=[chain for _, chain in texts],
        starts=np.append(table[:, 0], rows).astype(np.int64),
        first_number=table[:, 2].astype(np.int32),
        shift=table[:, 3:].astype(np.float32),
        sequence=np.memmap(path, np.uint8, "r", sequence, (rows,)),
        coordinates=np.memmap(path, "<u2", "r", coordinates, (rows, 4, 3)),
    )


def _read_header(path: Path, content: mmap.mmap) -> tuple[int, int]:
    """Which data are stored, and the number of chains."""
    if len(content) < _HEADER.size + _STORED.size:
        raise _damaged(path, len(content), "ends within its header")
    found = _HEADER.unpack_from(content)
    for i, (value, expected) in enumerate(zip(found, _EXPECTED, strict=True)):
        if value != expected and i != _SIZE_OF_CHAIN:
            raise DatasetError(
                f"{path}, offset {4 * min(i, 14)}: a file of ProMod3's, but no StructureDB of "
                f"version 2 ({value} where one has {expected}): give structure_db.dat of ProMod3 "
                "3.2, or have ProMod3 load and save this one on a 64-bit machine"
            )
    stored, count = _STORED.unpack_from(content, _HEADER.size)
    if not count:
        raise _damaged(path, _HEADER.size, "holds no chains")
    return stored, count


def _read_chains(
    path: Path, content: mmap.mmap, count: int
) -> tuple[list[tuple[Any, ...]], int, int]:
    """Code, name, first row, residues, first number and move of each chain; rows; the end."""
    at = _HEADER.size + _STORED.size
    chains: list[tuple[Any, ...]] = []
    rows = 0
    for _ in range(count):
        begin = at
        try:
            texts = []
            for _ in range(2):
                (length,) = _TEXT.unpack_from(content, at)
                at += _TEXT.size + length
                texts.append(content[at - length : at].decode("ascii"))
            first, residues, *others = _PLACE.unpack_from(content, at)
        except (struct.error, UnicodeDecodeError) as error:
            what = f"no entry of a chain, after {len(chains)} of {count} ({error})"
            raise _damaged(path, begin, what) from error
        if first != rows or not residues or not texts[0]:
            raise _damaged(path, begin, f"entry of chain {len(chains)} does not follow the others")
        at += _PLACE.size
        rows += residues
        chains.append((*texts, first, residues, *others))
    return chains, rows, at


def _find_array(path: Path, content: mmap.mmap, at: int, rows: int, width: int) -> int:
    """Where an array begins, which must have the right number of rows and be there whole."""
    begin = at + _ROWS.size
    if begin > len(content) or (found := _ROWS.unpack_from(content, at)[0]) != rows:
        what = "the file ends" if begin > len(content) else f"an array of {found} rows"
        raise _damaged(path, at, f"{what}, expected an array of {rows} rows")
    if begin + rows * width > len(content):
        raise _damaged(path, len(content), f"the file ends within an array of {rows} rows")
    return begin


def _damaged(path: Path, at: int, what: str) -> DatasetError:
    return DatasetError(
        f"{path}, offset {at}: {what}: the StructureDB is damaged or cut short, fetch it again "
        "(apt-get download promod3-data)"
    )
