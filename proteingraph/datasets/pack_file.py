"""Files of packed chains: .npz archives of plain arrays, never of pickled objects."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from proteingraph.datasets.coding import (
    decode_coordinates,
    decode_integers,
    encode_coordinates,
    encode_integers,
)
from proteingraph.errors import DatasetError
from proteingraph.files import replacing
from proteingraph.io.alphabet import AMINO_ACIDS, NUM_RESIDUE_TYPES

__all__ = ["fitting", "list_arrays", "read_chains_npz", "read_pack", "write_pack"]

FORMAT = "proteingraph chain pack"
VERSION = 1

_WHOLE = ("residue_type", "names", "chain_ids", "atom_mask", "chain", "insertion_code")
_DIFFERENCES = ("segment", "position", "residue_number")
_LABEL = "label."

# Coordinates hardly pack, so that no file of chains of this size comes near this ratio.
_BOMB_BYTES = 256 << 20
_BOMB_RATIO = 100


def write_pack(path: str | PathLike[str], columns: Mapping[str, Any]) -> None:
    """Write the columns of a `ChainPack`, leaving out those that are `None`.

    Args:
        path: file to write; it appears whole or not at all.
        columns: value of each field of the pack.
    """
    starts = columns["starts"]
    arrays = {"format": np.array(FORMAT), "version": np.array(VERSION)}
    arrays["length"] = np.diff(starts).astype(np.int32)
    arrays |= {name: columns[name] for name in _WHOLE if columns[name] is not None}
    for name in _DIFFERENCES:
        if columns[name] is not None:
            arrays[name] = encode_integers(np.diff(columns[name].astype(np.int64), prepend=0)[None])
    if columns["b_factor"] is not None:
        hundredths = np.rint(columns["b_factor"].astype(np.float64) * 100)
        arrays["b_factor"] = encode_integers(hundredths.astype(np.int64)[None])
    mask = columns["atom_mask"]
    coordinates = columns["coordinates"]
    present = np.ones(coordinates.shape[:2], bool) if mask is None else mask
    linked = _linked(starts, columns["segment"])
    arrays["coordinates"] = encode_coordinates(coordinates, present, linked)
    arrays |= {_LABEL + name: label for name, label in columns["labels"].items()}
    with replacing(path) as partial, partial.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def read_pack(path: str | PathLike[str] | BinaryIO) -> dict[str, Any]:
    """Read what `write_pack` wrote.

    Args:
        path: file to read, or one opened in binary mode.

    Returns:
        Value of each field of a `ChainPack`.

    Raises:
        DatasetError: if the file is absent, damaged, or of another format or version.
    """
    arrays = _read_arrays(path, ("format", "version", "length", "residue_type", "coordinates"))
    if arrays["format"] != FORMAT or arrays["version"] != VERSION:
        raise DatasetError(
            f"{_name(path)}: expected {FORMAT!r} of version {VERSION}, found "
            f"{arrays['format']!s:.80} of version {arrays['version']}; write it again with this "
            "version of proteingraph"
        )
    with fitting(path):
        return _unpack(arrays)


@contextmanager
def fitting(path: str | PathLike[str] | BinaryIO) -> Iterator[None]:
    """Turn what arrays that do not fit each other raise into a DatasetError.

    Args:
        path: file that they are of.

    Raises:
        DatasetError: naming the file.
    """
    try:
        yield
    except (ValueError, IndexError, TypeError, OverflowError, MemoryError) as error:
        raise DatasetError(f"{_name(path)}: damaged, its arrays do not fit ({error})") from error


def _unpack(arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
    """Fields of a `ChainPack` from the arrays of its file."""
    residue_type = arrays["residue_type"]
    rows, types = int(arrays["length"].sum(dtype=np.int64)), np.unique(residue_type)
    if rows != len(residue_type):
        raise ValueError(f"entries of {rows} residues, types of {len(residue_type)}")
    if len(types) and not 0 <= types[0] <= types[-1] < NUM_RESIDUE_TYPES:
        raise ValueError(f"residue types from {types[0]} to {types[-1]}")
    columns: dict[str, Any] = {name: arrays.get(name) for name in _WHOLE}
    columns["starts"] = np.concatenate([[0], np.cumsum(arrays["length"], dtype=np.int64)])
    for name in _DIFFERENCES:
        if name in arrays:
            differences = decode_integers(arrays[name])[0]
            columns[name] = np.cumsum(differences).astype(np.int32)
    if "b_factor" in arrays:
        columns["b_factor"] = (decode_integers(arrays["b_factor"])[0] / 100).astype(np.float32)
    linked = _linked(columns["starts"], columns.get("segment"))
    columns["coordinates"] = decode_coordinates(arrays["coordinates"], columns["atom_mask"], linked)
    columns["labels"] = {
        name.removeprefix(_LABEL): array
        for name, array in arrays.items()
        if name.startswith(_LABEL)
    }
    return columns


def read_chains_npz(path: str | PathLike[str]) -> dict[str, Any]:
    """Read a corpus of backbones of gap-free stretches in the layout of `chains.npz`.

    `low` and `high` [12, R] are the bytes of 16-bit steps of 0.01 Å: from the CA before to this CA
    (for the first residue of a chain, see `first_ca`), then from CA to N, C and O.

    Args:
        path: file to read.

    Returns:
        Value of the fields of a `ChainPack` that are not plain.

    Raises:
        DatasetError: if the file is absent, damaged or of another format.
    """
    arrays = _read_arrays(path, ("chain", "length", "sequence", "first_ca", "low", "high"))
    with fitting(path):
        return _unpack_chains(arrays)


def _unpack_chains(arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
    """Fields of a `ChainPack` from the arrays of a `chains.npz`."""
    low, high = arrays["low"], arrays["high"]
    starts = np.concatenate([[0], np.cumsum(arrays["length"], dtype=np.int64)])
    if low.shape != (12, starts[-1]) or high.shape != low.shape:
        raise ValueError(f"expected {starts[-1]} residues in 'low' and 'high'")
    coordinates = np.empty((int(starts[-1]), 4, 3), np.float32)
    for axis in range(3):
        step = _signed(low[axis], high[axis]).astype(np.int64)
        step[starts[:-1]] = arrays["first_ca"][:, axis]
        # The running sum goes on over chain starts: take off what the chains before add up to.
        total = np.cumsum(step)
        before = np.concatenate([[0], total[starts[1:-1] - 1]])
        trace = total - np.repeat(before, arrays["length"])
        coordinates[:, 1, axis] = trace / 100
        for atom, row in ((0, 3), (2, 6), (3, 9)):
            offset = _signed(low[row + axis], high[row + axis])
            coordinates[:, atom, axis] = (trace + offset) / 100
    number_of = np.full(256, 20, np.int8)
    number_of[np.frombuffer(AMINO_ACIDS.encode(), np.uint8)] = np.arange(20)
    return {
        "coordinates": coordinates,
        "residue_type": number_of[arrays["sequence"]],
        "starts": starts,
        "names": arrays["chain"],
        "chain_ids": np.array([str(name).rpartition("_")[2] for name in arrays["chain"]], np.str_),
    }


def list_arrays(path: str | PathLike[str]) -> list[str]:
    """Names of the arrays in an .npz file, without reading them.

    Args:
        path: file to look into.

    Returns:
        The names.

    Raises:
        DatasetError: if it is no .npz file.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return [name.removesuffix(".npy") for name in archive.namelist()]
    except (OSError, zipfile.BadZipFile) as error:
        raise DatasetError(f"{_name(path)}: not a readable .npz file ({error})") from error


def _signed(low: NDArray[np.uint8], high: NDArray[np.uint8]) -> NDArray[np.int16]:
    return (low.astype(np.uint16) | (high.astype(np.uint16) << 8)).view(np.int16)


def _linked(starts: NDArray[np.int64], segment: NDArray[np.int32] | None) -> NDArray[np.bool_]:
    """Whether each row and the next are of one entry and one unbroken segment, [R]."""
    linked = np.ones(int(starts[-1]), bool)
    if segment is not None:
        linked[:-1] = segment[1:] == segment[:-1]
    linked[starts[1:] - 1] = False
    return linked


def _read_arrays(
    path: str | PathLike[str] | BinaryIO, required: tuple[str, ...]
) -> dict[str, NDArray[Any]]:
    """All arrays of an .npz file, which must have the required ones."""
    try:
        _check_ratio(path)
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise DatasetError(f"{_name(path)}: no such file") from None
    except Exception as error:  # zipfile, zlib and NumPy raise a dozen kinds on damaged files
        raise DatasetError(f"{_name(path)}: not a readable .npz file ({error})") from error
    missing = [name for name in required if name not in arrays]
    if missing:
        raise DatasetError(
            f"{_name(path)}: not a file of chains, it has no array {', '.join(missing)}"
        )
    return arrays


def _check_ratio(path: str | PathLike[str] | BinaryIO) -> None:
    """Raise ValueError if an archive unpacks to far more than its own size."""
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
        packed = sum(member.compress_size for member in archive.infolist())
    if unpacked > max(_BOMB_BYTES, _BOMB_RATIO * packed):
        raise ValueError(f"{packed:,} bytes that unpack to {unpacked:,}, as no chains do")
    if not isinstance(path, str | PathLike):
        path.seek(0)


def _name(path: str | PathLike[str] | BinaryIO) -> str:
    return str(path) if isinstance(path, str | PathLike) else getattr(path, "name", "open file")
