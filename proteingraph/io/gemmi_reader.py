"""Reading PDB and mmCIF with gemmi, the quick reader."""

from __future__ import annotations

from typing import Any

import gemmi
import numpy as np
import numpy.typing as npt

from proteingraph.errors import StructureError
from proteingraph.io.cif_checks import check_atom_sites, read_document
from proteingraph.io.pdb_lines import cut_atoms
from proteingraph.io.table import AtomTable, to_text

__all__ = ["read_mmcif", "read_pdb"]

Array = npt.NDArray[Any]

# Place in gemmi's table of elements is the atomic number, except for deuterium at the end.
_ATOMIC_NUMBER = np.zeros(256, dtype=np.int64)
_ATOMIC_NUMBER[:119] = np.arange(119)
_ATOMIC_NUMBER[119] = 1


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
    atoms = cut_atoms(data, source, model)
    try:
        entry = gemmi.read_pdb_string(atoms.data, split_chain_on_ter=True)
    except Exception as error:
        raise StructureError(f"{source}: gemmi cannot read its atoms: {error}") from error
    table = _table(entry, name, source, labels=False)
    table.parts_end = atoms.has_ter
    return table


def read_mmcif(data: bytes, name: str, source: str, model: int) -> AtomTable:
    """Read one model of an mmCIF file.

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
    try:
        entry = gemmi.make_structure_from_block(block)
    except Exception as error:
        raise StructureError(f"{source}: gemmi cannot read its atoms: {error}") from error
    del document
    numbers = [part.num for part in entry]
    if model not in numbers:
        raise StructureError(
            f"{source}: no model {model}; there are {', '.join(map(str, numbers)) or 'none'}"
        )
    for place in reversed(range(len(numbers))):
        if numbers[place] != model:
            del entry[place]
    return _table(entry, name, source, labels=True)


def _table(entry: gemmi.Structure, name: str, source: str, *, labels: bool) -> AtomTable:
    if len(entry) == 0:
        raise StructureError(f"{source}: no atoms")
    chains = [(chain.name, chain.count_atom_sites()) for chain in entry[0]]
    chain_names = list(dict.fromkeys(chain for chain, _ in chains))
    counts = np.array([count for _, count in chains], dtype=np.int64)
    flat, long_names = _flatten(entry, source)
    part = np.repeat(np.arange(len(chains)), counts)
    chain = np.repeat(np.array([chain_names.index(chain) for chain, _ in chains]), counts)
    label, label_names = chain, chain_names
    if labels:
        label, label_names = _labels(np.asarray(flat.subchains))
        label_names = [long_names.get(label_name, label_name) for label_name in label_names]
        new = (part[1:] != part[:-1]) | (label[1:] != label[:-1])
        part = np.concatenate([[0], np.cumsum(new)])
    number, insertion = _numbering(flat)
    return AtomTable(
        name=name,
        source=source,
        part=part,
        chain=chain,
        chain_names=chain_names,
        label=label,
        label_names=label_names,
        number=number,
        insertion=insertion,
        altloc=flat.altlocs.astype(np.uint8),
        component=_names(np.asarray(flat.residue_names)),
        atom=_names(np.asarray(flat.atom_names)),
        element=_ATOMIC_NUMBER[flat.elements],
        hetero=flat.het_flags == ord("H"),
        coord=np.ascontiguousarray(flat.pos),
        b_factor=flat.b_iso.copy(),
        occupancy=flat.occ.copy(),
    )


def _numbering(flat: gemmi.FlatStructure) -> tuple[Array, Array]:
    """Return residue numbers and insertion codes, 0 for none.

    A digit in the insertion code's column is the last of a number above 9,999, as simulation
    programs write it: insertion codes are letters.
    """
    number = np.asarray(flat.resnums).astype(np.int64)
    insertion = np.asarray(flat.icodes).astype(np.uint8)
    digit = (insertion >= ord("0")) & (insertion <= ord("9"))
    if digit.any():
        number = np.where(digit, 10 * number + insertion - ord("0"), number)
    return number, np.where(digit | (insertion == ord(" ")), 0, insertion).astype(np.uint8)


def _names(characters: Array) -> Array:
    return np.ascontiguousarray(characters).view("S8").reshape(-1)


def _flatten(entry: gemmi.Structure, source: str) -> tuple[gemmi.FlatStructure, dict[str, str]]:
    """Return gemmi's arrays of atoms, and the label names that had to be replaced in them.

    They hold names of up to seven letters; longer ones of chains are rare, and numbered instead.
    """
    try:
        return gemmi.FlatStructure(entry), {}
    except RuntimeError:
        short: dict[str, str] = {}
        for place, chain in enumerate(entry[0]):
            chain.name = str(place)
            for residue in chain:
                residue.subchain = short.setdefault(residue.subchain, f"{len(short)}")
        long_names = {code: name for name, code in short.items()}
    try:
        return gemmi.FlatStructure(entry), long_names
    except RuntimeError as error:
        raise StructureError(
            f"{source}: a name of an atom or residue has more than seven letters: {error}"
        ) from error


def _labels(characters: Array) -> tuple[Array, list[str]]:
    """Number the label chains [n] and return their names."""
    integers = _names(characters).view(np.uint64)
    starts = np.flatnonzero(np.concatenate([[True], integers[1:] != integers[:-1]]))
    unique, inverse = np.unique(integers[starts], return_inverse=True)
    label = np.repeat(inverse, np.diff(starts, append=len(integers)))
    return label, to_text(unique.view("S8"), 8).tolist()
