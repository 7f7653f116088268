"""Reading BinaryCIF with biotite.

Neither gemmi nor ProDy reads it. Of the two libraries that do, measured on the eight BinaryCIF
files of the test corpora (1,000-3,000 atoms): Biopython 1.88 reads none of them, as its
``BinaryCIFParser`` fails on a column whose values are all absent (``IndexError`` at the
insertion codes of every entry without any); biotite 1.6 reads all eight, in 8 ms on average.
biotite also lets the atom table's columns be taken as arrays, and no others be decoded.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from proteingraph.errors import StructureError
from proteingraph.io.table import (
    AtomTable,
    atomic_numbers,
    check_names,
    encode_names,
    first_letters,
    number_names,
)

__all__ = ["read_bcif"]

Array = npt.NDArray[Any]


def read_bcif(data: bytes, name: str, source: str, model: int) -> AtomTable:
    """Read one model of a BinaryCIF file.

    Args:
        data: The file's content.
        name: Name of the entry.
        source: The file's name for error messages.
        model: Number of the model.

    Returns:
        The atoms.

    Raises:
        StructureError: If the file is malformed, cut short or lacks the model.
    """
    columns = _columns(data, source)
    numbers = columns["pdbx_PDB_model_num"]
    chosen = numbers == model
    if not chosen.any():
        there = ", ".join(str(number) for number in np.unique(numbers)) or "none"
        raise StructureError(f"{source}: no model {model}; there are {there}")
    columns = {key: values[chosen] for key, values in columns.items()}
    for key in ("label_atom_id", "auth_comp_id"):
        check_names(np.unique(columns[key]).tolist(), source)
    chain_names, chain = number_names(columns["auth_asym_id"])
    label_names, label = number_names(columns["label_asym_id"])
    new = (chain[1:] != chain[:-1]) | (label[1:] != label[:-1])
    return AtomTable(
        name=name,
        source=source,
        part=np.concatenate([[0], np.cumsum(new)]),
        chain=chain,
        chain_names=chain_names,
        label=label,
        label_names=label_names,
        number=columns["auth_seq_id"],
        insertion=first_letters(columns["pdbx_PDB_ins_code"]),
        altloc=first_letters(columns["label_alt_id"]),
        component=encode_names(columns["auth_comp_id"]),
        atom=encode_names(columns["label_atom_id"]),
        element=atomic_numbers(columns["type_symbol"]),
        hetero=columns["group_PDB"] == "HETATM",
        coord=np.stack([columns[f"Cartn_{axis}"] for axis in "xyz"], axis=1),
        b_factor=columns["B_iso_or_equiv"].astype(np.float64),
        occupancy=columns["occupancy"].astype(np.float64),
    )


def _columns(data: bytes, source: str) -> dict[str, Array]:
    """Return the columns of the first block that has atoms, absent optional ones filled in."""
    import msgpack  # type: ignore[import-untyped,unused-ignore]
    from biotite.structure.io import pdbx

    try:
        content = msgpack.unpackb(data, use_list=True, raw=False)
        site = _atom_site(content, source)
        _check_sizes(site, len(data), source)
        category = pdbx.BinaryCIFCategory.deserialize(site)
        size = category.row_count
        columns: dict[str, Array] = {}
        with np.errstate(all="ignore"):  # absurd values are reported later, by atom
            for key, other, kind, default in _WANTED:
                columns[key] = _column(category, key, other, kind, default, size, source)
    except StructureError:
        raise
    except Exception as error:  # msgpack and biotite raise whatever the bytes make them
        raise StructureError(
            f"{source}: not well-formed BinaryCIF, or cut short: {type(error).__name__}: {error}"
        ) from error
    return columns


# Column, column to take instead, type, value where there is none (None: must be there).
_WANTED: tuple[tuple[str, str | None, type, Any], ...] = (
    ("group_PDB", None, str, "ATOM"),
    ("type_symbol", None, str, ""),
    ("label_atom_id", "auth_atom_id", str, None),
    ("auth_comp_id", "label_comp_id", str, None),  # as gemmi chooses
    ("label_alt_id", None, str, ""),
    ("label_asym_id", "auth_asym_id", str, None),
    ("auth_asym_id", "label_asym_id", str, None),
    ("auth_seq_id", "label_seq_id", int, None),
    ("pdbx_PDB_ins_code", None, str, ""),
    ("Cartn_x", None, float, None),
    ("Cartn_y", None, float, None),
    ("Cartn_z", None, float, None),
    ("occupancy", None, float, 1.0),
    ("B_iso_or_equiv", None, float, 0.0),
    ("pdbx_PDB_model_num", None, int, 1),
)


def _atom_site(content: Any, source: str) -> dict[str, Any]:
    for block in content["dataBlocks"]:
        for category in block["categories"]:
            if str(category["name"]).lower() == "_atom_site":
                return dict(category)
    raise StructureError(f"{source}: no _atom_site category in any data block")


def _check_sizes(site: dict[str, Any], size: int, source: str) -> None:
    """Raise if the file announces more rows than it can hold.

    A few mutated bytes can announce billions of values, which would be allocated before
    anything else is checked. Run-length encoding packs well, but no real table of atoms packs
    its coordinates into less than a byte for sixteen rows.
    """
    rows = site["rowCount"]
    if not isinstance(rows, int) or not 0 < rows <= 16 * size:
        raise StructureError(f"{source}: _atom_site announces {rows!r} rows in {size} bytes")
    pending: list[Any] = [
        part for column in site["columns"] for part in (column["data"], column.get("mask"))
    ]
    while pending:
        part = pending.pop()
        if part is None:
            continue
        for encoding in part["encoding"] if isinstance(part, dict) else part:
            sized = encoding["kind"] in ("RunLength", "IntegerPacking")
            announced = encoding.get("srcSize") if sized else 0
            if not isinstance(announced, int) or not 0 <= announced <= 2 * rows + size:
                raise StructureError(
                    f"{source}: _atom_site announces {announced!r} values for {rows} rows"
                )
            for key in ("offsetEncoding", "dataEncoding"):
                if key in encoding:
                    pending.append(encoding[key])


def _column(
    category: Any, key: str, other: str | None, kind: type, default: Any, size: int, source: str
) -> Array:
    found = key if key in category else other if other is not None and other in category else None
    if found is None:
        if default is None:
            raise StructureError(f"{source}: _atom_site has no {key}")
        return np.full(size, default)
    column = category[found]
    blank: Any = {str: "", int: 0, float: np.nan}[kind] if default is None else default
    values = np.asarray(column.as_array(kind, blank))
    if values.shape != (size,):
        raise StructureError(f"{source}: _atom_site.{found} has {len(values)} of {size} rows")
    if kind is str and other is None and default == "":
        return np.where((values == ".") | (values == "?"), "", values)
    return values.astype(np.int64) if kind is int else values
