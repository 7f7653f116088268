"""One chain compressed by Foldcomp (.fcz): checked, then decoded by Foldcomp's library.

The library trusts what it is given: bytes that are cut short or of a residue it does not know end
the whole process. So everything that it relies on is checked first. The layout (H. Kim, M. Mirdita
and M. Steinegger, Bioinformatics 39, btad153, 2023; `src/foldcomp.h` of steineggerlab/foldcomp),
numbers little-endian:

    FCMP; residues, atoms, first residue's number, first atom's number     4 bytes, 4 x uint16
    anchors, chain, padding                                                uint8, char, 2 bytes
    side chain torsions; first, last residue; padding; length of title     uint32, 4 bytes, uint32
    least value and step of six angles                                     12 x float32
    anchors' residues, title, anchors' N, CA, C                            int32, bytes, 9 x float32
    whether there is an OXT, and where                                     int8, 3 x float32
    residue, its angles, for each residue                                  8 bytes, top 5 bits: type
    side chain torsions, for each                                          1 byte
    B-factors: least value, step, one of each residue                      2 x float32, 1 byte each
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from operator import itemgetter
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from proteingraph.errors import DatasetError
from proteingraph.io.alphabet import encode_sequence

__all__ = ["MAGIC", "FoldcompChain", "decode_fcz"]

MAGIC = b"FCMP"

_HEADER = struct.Struct("<4s4HBc2xI4xI48x")
_ORDER = "ARNDCQEGHILKMFPSTWYV"
_TYPE = encode_sequence(_ORDER).astype(np.int8)
_HEAVY_ATOMS = np.array([5, 11, 8, 8, 6, 9, 9, 4, 10, 8, 8, 9, 8, 11, 7, 6, 7, 14, 12, 7])
_FEWEST_RESIDUES = 2


@dataclass(frozen=True)
class FoldcompChain:
    """A decoded chain of L residues.

    Attributes:
        title: name that the file gives itself.
        chain: name of the chain, perhaps empty.
        first_number: number of its first residue.
        coordinates: N, CA, C, O in Å, float32 [L, 4, 3].
        residue_type: amino acids by number, int8 [L].
        b_factor: B-factor in Å^2, or pLDDT of a predicted structure, float32 [L].
    """

    title: str
    chain: str
    first_number: int
    coordinates: NDArray[np.float32]
    residue_type: NDArray[np.int8]
    b_factor: NDArray[np.float32]


def decode_fcz(content: bytes, library: ModuleType) -> FoldcompChain:
    """Decode a chain.

    Args:
        content: the file; what follows its end is not looked at.
        library: Foldcomp's library, `import foldcomp`.

    Returns:
        The chain.

    Raises:
        DatasetError: if it is damaged, cut short or of another format; names no file.
    """
    if content[:4] != MAGIC:
        raise DatasetError(
            f"begins with {content[:4]!r}, expected {MAGIC!r}: damaged, or of a newer Foldcomp, "
            "which can make structure files of it to import"
        )
    if len(content) < _HEADER.size:
        raise DatasetError(f"ends after {len(content)} bytes, within its header: fetch it again")
    _, residues, _, number, _, anchors, chain, torsions, letters = _HEADER.unpack_from(content)
    if residues < _FEWEST_RESIDUES or anchors < _FEWEST_RESIDUES:
        raise DatasetError(f"holds {residues} residues and {anchors} anchors: nothing to decode")
    title = _HEADER.size + 4 * anchors
    backbone = title + letters + 36 * anchors + 13
    size = backbone + 9 * residues + torsions + 8
    if len(content) < size:
        raise DatasetError(f"ends after {len(content)} of {size} bytes: fetch it again")
    places = np.frombuffer(content, "<i4", anchors, _HEADER.size)
    if places[0] != 0 or places[-1] != residues - 1 or (np.diff(places) < 1).any():
        raise DatasetError("its anchors do not span the chain: damaged, fetch it again")
    code = np.frombuffer(content, np.uint8, 8 * residues, backbone)[::8] >> 3
    if (code >= len(_ORDER)).any():
        unknown = int(np.argmax(code >= len(_ORDER)))
        raise DatasetError(
            f"residue {unknown + 1} is none of the 20 amino acids, all that Foldcomp can decode"
        )
    atoms = _HEAVY_ATOMS[code]
    if atoms.sum() - 3 * residues != torsions:
        raise DatasetError("its side chains do not fit its sequence: damaged, fetch it again")
    coordinates, b_factor = _decode(content[:size], atoms, library)
    return FoldcompChain(
        title=content[title : title + letters].decode("utf-8", "replace"),
        chain=chain.decode("latin-1").strip(" \0"),
        first_number=number - (number >> 15 << 16),  # of 16 bits, but it may be negative
        coordinates=coordinates,
        residue_type=_TYPE[code],
        b_factor=b_factor,
    )


def _decode(
    content: bytes, atoms: NDArray[np.int64], library: ModuleType
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Coordinates of N, CA, C, O and B-factors, of a checked file with these heavy atoms."""
    # Three times as fast as to read the PDB text that the library writes.
    data = library.get_data(content)
    first = np.cumsum(atoms) - atoms
    rows = (first[:, None] + np.arange(4)).ravel().tolist()
    coordinates = np.array(itemgetter(*rows)(data["coordinates"]), np.float32)
    b_factor = np.array(data["b_factors"], np.float32)
    if not (np.isfinite(coordinates).all() and np.isfinite(b_factor).all()):
        raise DatasetError("a coordinate or B-factor is not a finite number: fetch it again")
    return coordinates.reshape(-1, 4, 3), b_factor
