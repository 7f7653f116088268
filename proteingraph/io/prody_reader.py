"""Reading PDB and mmCIF with ProDy, the reference reader; ProDy is imported on use only."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gemmi
import numpy as np
import numpy.typing as npt

from proteingraph.errors import StructureError
from proteingraph.io.cif_checks import check_atom_sites, read_document
from proteingraph.io.pdb_lines import cut_atoms
from proteingraph.io.table import (
    AtomTable,
    atomic_numbers,
    check_names,
    encode_names,
    first_letters,
    number_names,
)

__all__ = ["read_mmcif", "read_pdb", "table_from_atoms"]

Array = npt.NDArray[Any]

# What ProDy's mmCIF reader asks for, with what to put where the file has none.
_CIF_COLUMNS = (
    ("group_PDB", None, "ATOM"),
    ("id", None, None),
    ("type_symbol", None, "X"),
    ("label_atom_id", "auth_atom_id", None),
    ("label_alt_id", None, "."),
    ("label_comp_id", "auth_comp_id", None),
    ("label_asym_id", "auth_asym_id", None),
    ("label_seq_id", "auth_seq_id", None),
    ("pdbx_PDB_ins_code", None, "?"),
    ("Cartn_x", None, None),
    ("Cartn_y", None, None),
    ("Cartn_z", None, None),
    ("occupancy", None, "1.0"),
    ("B_iso_or_equiv", None, "0.0"),
    ("auth_seq_id", None, None),
    ("auth_asym_id", "label_asym_id", None),
    ("pdbx_PDB_model_num", None, "1"),
)


@contextmanager
def _quiet() -> Iterator[Any]:
    """Import ProDy and keep its log silent; ``confProDy`` would write to the user's settings."""
    import prody

    before = prody.LOGGER.verbosity
    prody.LOGGER.verbosity = "none"
    try:
        yield prody
    finally:
        prody.LOGGER.verbosity = before


def read_pdb(data: bytes, name: str, source: str, model: int) -> AtomTable:
    """Read one model of a PDB file.

    Args:
        data: The file's content.
        name: Name of the entry.
        source: The file's name for error messages.
        model: Number of the model.

    Returns:
        The atoms.

    Raises:
        StructureError: If the file is malformed or lacks the model.
    """
    records = cut_atoms(data, source, model)
    stream = io.StringIO(records.data.decode("latin-1"))
    try:
        with _quiet() as prody:
            atoms = prody.parsePDBStream(
                stream, altloc="all", secondary=False, header=False, long_chid=True
            )
    except Exception as error:  # ProDy raises whatever the text makes it
        raise StructureError(f"{source}: ProDy cannot read its atoms: {error}") from error
    return table_from_atoms(atoms, name, source, parts_end=records.has_ter)


def read_mmcif(data: bytes, name: str, source: str, model: int) -> AtomTable:
    """Read one model of an mmCIF file.

    ProDy's reader splits lines at blanks and takes a row a line, so the table of atoms is laid
    out that way first.

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
    document, block = read_document(data, source)
    check_atom_sites(block, data, source)
    text, names = _lay_out(block, source, model)
    del document
    try:
        with _quiet() as prody:
            atoms = prody.parseMMCIFStream(io.StringIO(text), altloc="all", secondary=False)
    except Exception as error:  # ProDy raises whatever the text makes it
        raise StructureError(f"{source}: ProDy cannot read its atoms: {error}") from error
    table = table_from_atoms(atoms, name, source, label_chains=True)
    table.chain_names = [names[int(place)] for place in table.chain_names]
    table.label_names = [names[int(place)] for place in table.label_names]
    return table


def _lay_out(block: gemmi.cif.Block, source: str, model: int) -> tuple[str, list[str]]:
    """Write the atoms of one model as ProDy's reader wants them.

    Chains' names are replaced by their places in the list returned beside the text, as ProDy
    cuts names after six letters.
    """
    category = block.get_mmcif_category("_atom_site.", raw=True)
    size = len(category["Cartn_x"])
    numbers = category.get("pdbx_PDB_model_num", ["1"] * size)
    there = list(dict.fromkeys(numbers))
    if str(model) not in there:
        raise StructureError(f"{source}: no model {model}; there are {', '.join(there)}")
    columns = []
    names: dict[str, int] = {}
    for name, other, default in _CIF_COLUMNS:
        # Of the two names of a component, gemmi takes the author's.
        author = other if name == "label_comp_id" and other else name
        values = category.get(author, category.get(name, category.get(other or name)))
        if values is None:
            values = [default] * size if default else [str(row + 1) for row in range(size)]
        elif default is not None:
            values = [default if value in (".", "?") else value for value in values]
        if name in ("label_atom_id", "label_comp_id"):
            check_names(set(values), source)
        if name.endswith("_asym_id"):
            values = [str(names.setdefault(value, len(names))) for value in values]
        columns.append(values)
    rows = [
        " ".join(row)
        for row, number in zip(zip(*columns, strict=True), numbers, strict=True)
        if number == str(model)
    ]
    tags = [f"_atom_site.{name}" for name, _, _ in _CIF_COLUMNS]
    text = "\n".join(["data_x", "#", "loop_", *tags, *rows, "#", ""])
    return text, [gemmi.cif.as_string(value) for value in names]


def table_from_atoms(
    atoms: Any, name: str, source: str, *, label_chains: bool = False, parts_end: bool = True
) -> AtomTable:
    """Fill the table from a ProDy ``AtomGroup`` or selection.

    Args:
        atoms: The ProDy object; its active coordinate set is used.
        name: Name of the entry.
        source: What error messages call it.
        label_chains: Whether its chains are label names and its segments the author's names, as
            ProDy's mmCIF reader sets them.
        parts_end: Whether its TER flags tell where polymers end.

    Returns:
        The atoms.
    """
    if atoms is None or atoms.numAtoms() == 0 or atoms.getCoords() is None:
        raise StructureError(f"{source}: no atoms")
    size = atoms.numAtoms()

    def column(values: Array | None, default: Any) -> Array:
        return np.full(size, default) if values is None else np.asarray(values)

    label_names, label = number_names(column(atoms.getChids(), ""))
    chain_names, chain = label_names, label
    if label_chains:
        chain_names, chain = number_names(column(atoms.getSegnames(), ""))
    ter = column(atoms.getFlags("pdbter"), False).astype(bool)
    new = (chain[1:] != chain[:-1]) | (label[1:] != label[:-1]) | ter[:-1]
    insertion = first_letters(column(atoms.getIcodes(), ""))
    altloc = first_letters(column(atoms.getAltlocs(), ""))
    return AtomTable(
        name=name,
        source=source,
        part=np.concatenate([[0], np.cumsum(new)]),
        chain=chain,
        chain_names=chain_names,
        label=label,
        label_names=label_names,
        number=column(atoms.getResnums(), 0).astype(np.int64),
        insertion=insertion,
        altloc=altloc,
        component=encode_names(column(atoms.getResnames(), "")),
        atom=encode_names(column(atoms.getNames(), "")),
        element=atomic_numbers(column(atoms.getElements(), "")),
        hetero=column(atoms.getFlags("hetatm"), False).astype(bool),
        coord=np.asarray(atoms.getCoords(), dtype=np.float64),
        b_factor=column(atoms.getBetas(), 0.0).astype(np.float64),
        occupancy=column(atoms.getOccupancies(), 1.0).astype(np.float64),
        parts_end=parts_end,
    )
