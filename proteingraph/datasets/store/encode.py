"""Packed chains as the bytes that the files of a store grow by."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proteingraph.datasets.columns import COLUMNS
from proteingraph.datasets.pack import ChainPack
from proteingraph.datasets.store.layout import (
    ARRAYS,
    RESERVED,
    STARTS,
    TEXT_STARTS,
    TEXTS,
    array_file,
)
from proteingraph.errors import DatasetError

__all__ = ["OFFSET", "encode_pack"]

OFFSET = np.dtype("<i8")


def encode_pack(
    pack: ChainPack, labels: tuple[str, ...], residues: int, text_bytes: int
) -> dict[str, bytes]:
    """Return what each file of a store grows by when entries are appended.

    Args:
        pack: the entries.
        labels: names of all label columns of the store, those of the pack among them.
        residues: residues in the store already.
        text_bytes: length of its file of texts.

    Returns:
        Bytes by name of the file.

    Raises:
        DatasetError: if a coordinate is not finite, a label has the name of something else, or a
            text is not Unicode.
    """
    lines = _lines(pack, labels)
    ends = text_bytes + np.cumsum([len(line) for line in lines], dtype=np.int64)
    return {
        **{array_file(name): column.tobytes() for name, column in _columns(pack).items()},
        STARTS: (pack.starts[1:] + residues).astype(OFFSET).tobytes(),
        TEXT_STARTS: ends.astype(OFFSET).tobytes(),
        TEXTS: b"".join(lines),
    }


def _columns(pack: ChainPack) -> dict[str, NDArray[Any]]:
    """Per-residue columns as they are stored."""
    rows, atoms = pack.num_residues, slice(0, 4) if pack.has_backbone else slice(1, 2)
    mask = np.zeros((rows, 4), bool)
    mask[:, atoms] = True if pack.atom_mask is None else pack.atom_mask
    coordinates = np.zeros((rows, 4, 3), np.float32)
    coordinates[:, atoms] = pack.coordinates
    coordinates[~mask] = 0
    b_factor = pack.filled("b_factor")
    good = np.isfinite(coordinates).all(axis=(1, 2)) & np.isfinite(b_factor)
    if not good.all():
        row = int(np.flatnonzero(~good)[0])
        name = pack.names[np.searchsorted(pack.starts, row, "right") - 1]
        raise DatasetError(f"entry {str(name)!r}: a coordinate or B-factor is not a finite number")
    columns: dict[str, NDArray[Any]] = {
        "coordinates": coordinates,
        "residue_type": pack.residue_type,
        "atom_mask": np.packbits(mask, axis=1, bitorder="little")[:, 0],
        **{name: pack.filled(name) for name in COLUMNS},
    }
    return {name: columns[name].astype(kind) for name, (kind, _) in ARRAYS.items()}


def _lines(pack: ChainPack, labels: tuple[str, ...]) -> list[bytes]:
    """Line of text of each entry."""
    taken = sorted(RESERVED & set(pack.labels))
    if taken:
        raise DatasetError(f"no label can be called {taken[0]!r}, which is something else: rename")
    nothing = [""] * len(pack)
    chains = nothing if pack.chain_ids is None else pack.chain_ids.tolist()
    columns = [pack.labels[name].tolist() if name in pack.labels else nothing for name in labels]
    lines = []
    for texts in zip(pack.names.tolist(), chains, *columns, strict=True):
        try:
            line = json.dumps(texts, ensure_ascii=False, separators=(",", ":")).encode()
        except UnicodeEncodeError as error:
            raise DatasetError(f"entry {texts[0]!r}: its texts are not Unicode: rename") from error
        lines.append(line + b"\n")
    return lines
