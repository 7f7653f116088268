"""The table of atoms that every reader fills in, before residues are told apart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import gemmi
import numpy as np
import numpy.typing as npt

from proteingraph.errors import StructureError

__all__ = [
    "ELEMENTS",
    "AtomTable",
    "atomic_numbers",
    "check_names",
    "code",
    "encode_names",
    "first_letters",
    "first_of_runs",
    "number_names",
    "run_starts",
    "to_text",
]

Array = npt.NDArray[Any]

ELEMENTS: npt.NDArray[np.str_] = np.array(
    ["X", *(gemmi.Element(number).name.upper() for number in range(1, 119))], dtype="<U2"
)
"""Symbol, in upper case, of each atomic number; X for 0, unknown."""

_NUMBER_OF = {symbol: number for number, symbol in enumerate(ELEMENTS.tolist())} | {"D": 1}


@dataclass
class AtomTable:
    """Atoms of one model in file order, n of them, as plain columns.

    Names are kept as eight bytes, so that they compare as integers.

    Attributes:
        name: Name of the entry.
        source: The file, as error messages name it.
        part: Number of the contiguous run of one chain, int64 [n]. A PDB file's TER ends it,
            an mmCIF file's label chain makes one.
        chain: Row of ``chain_names``, int64 [n].
        chain_names: Author's chain names.
        label: Row of ``label_names``, int64 [n].
        label_names: mmCIF label chain names.
        number: Author's residue number, int64 [n].
        insertion: Insertion code, uint8 [n], 0 if none.
        altloc: Letter of the alternate location, uint8 [n], 0 if none.
        component: Residue name, S8 [n].
        atom: Atom name, S8 [n].
        element: Atomic number, int64 [n]; 0 if the file does not say.
        hetero: Whether it is a HETATM record, bool [n].
        coord: Coordinates in Å, float64 [n, 3].
        b_factor: B-factor in Å², float [n].
        occupancy: Occupancy, float [n].
        parts_end: Whether the file marks where polymers end, so that a HETATM amino acid in
            the run of a polymer belongs to it even where its neighbours are missing.
    """

    name: str
    source: str
    part: Array
    chain: Array
    chain_names: list[str]
    label: Array
    label_names: list[str]
    number: Array
    insertion: Array
    altloc: Array
    component: Array
    atom: Array
    element: Array
    hetero: Array
    coord: Array
    b_factor: Array
    occupancy: Array
    parts_end: bool = True

    def __len__(self) -> int:
        """Return the number of atoms."""
        return len(self.part)


def code(name: str) -> np.uint64:
    """Return the integer that eight bytes of a name compare as."""
    return np.uint64(np.array([name.encode()], dtype="S8").view(np.uint64)[0])


def check_names(names: Iterable[str], source: str) -> None:
    """Raise StructureError if a name of an atom or residue has more than seven letters.

    Names are kept as eight bytes by us, and as seven letters by gemmi; longer ones would be cut.

    Args:
        names: The names; each different one once is enough.
        source: The file, as the error names it.
    """
    longest = max(names, key=len, default="")
    if len(longest) > 7:
        raise StructureError(
            f"{source}: a name of an atom or residue has more than seven letters: {longest!r:.40}"
        )


def encode_names(names: Array) -> Array:
    """Turn text [n] into eight-byte names [n], question marks for what is not Latin-1."""
    text = np.asarray(names)
    if text.dtype.kind == "S":
        return text.astype("S8")
    points = np.ascontiguousarray(text, dtype="<U8").view(np.uint32)
    points = np.where(points > 255, ord("?"), points).astype(np.uint8)
    return points.view("S8")


def to_text(names: Array, width: int) -> npt.NDArray[np.str_]:
    """Turn eight-byte names [n] into text of the given width, read as Latin-1.

    Widening the bytes is many times faster than NumPy's decoding, which goes name by name.
    """
    width = min(width, 8)
    points = np.ascontiguousarray(names, dtype="S8").view(np.uint8).reshape(-1, 8)[:, :width]
    return np.ascontiguousarray(points, dtype=np.uint32).view(f"<U{width}").reshape(-1)


def atomic_numbers(symbols: Array) -> npt.NDArray[np.int64]:
    """Return the atomic numbers of element symbols [n] in any case; 0 where there is none."""
    unique, inverse = np.unique(np.asarray(symbols), return_inverse=True)
    numbers = [_NUMBER_OF.get(str(symbol).strip().upper(), 0) for symbol in unique]
    return np.array(numbers, dtype=np.int64)[inverse.reshape(-1)]


def number_names(names: Array) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Return the different names of text [n], blanks stripped, and each one's number [n]."""
    unique, inverse = np.unique(np.char.strip(np.asarray(names)), return_inverse=True)
    return [str(name) for name in unique], inverse.reshape(-1).astype(np.int64)


def first_letters(names: Array) -> npt.NDArray[np.uint8]:
    """Return the first byte of each text [n]; 0 for blanks and mmCIF's ``.`` and ``?``."""
    letters = encode_names(names).view(np.uint8).reshape(-1, 8)[:, 0].copy()
    letters[np.isin(letters, [ord(blank) for blank in " .?"])] = 0
    return letters


def run_starts(*columns: Array) -> Array:
    """Tell where a new run starts: bool [n], the first True."""
    size = len(columns[0])
    changed = np.zeros(size, dtype=bool)
    changed[:1] = True
    for column in columns:
        changed[1:] |= column[1:] != column[:-1]
    return changed


def first_of_runs(row: Array) -> Array:
    """Return the place of the first atom of each row of an ascending array."""
    return np.flatnonzero(run_starts(row))
