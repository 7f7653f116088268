"""Inputs that fuzzing found to end in an error that nobody had foreseen."""

from __future__ import annotations

import pytest
from helpers.hostile_structures import FOLDER

from proteingraph.errors import StructureError
from proteingraph.io import read_structure

FOUND = {
    # gemmi took a lone CR for the end of a line, and found a record that had not been checked.
    "lone_returns.pdb": "line 9: names hold a character that is not printable ASCII",
    # Nothing was left of the atoms where ENDMDL comes ahead of them and there is no MODEL.
    "model_ends_first.pdb": "cut short",
    # Columns were filled in that stood in another loop.
    "two_loops.cif": "no atoms, _atom_site has no rows",
    # The least of no lengths was asked for.
    "no_rows.cif": "no atoms, _atom_site has no rows",
    # gemmi's arrays have no room for it, and ProDy cut it.
    "long_atom_name.cif": "a name of an atom or residue has more than seven letters",
}


def test_all_are_looked_at() -> None:
    assert {path.name for path in (FOLDER / "found").iterdir()} == set(FOUND)


@pytest.mark.parametrize("name", FOUND)
def test_inputs_that_fuzzing_found(name: str, reader: str) -> None:
    path = FOLDER / "found" / name
    with pytest.raises(StructureError, match=FOUND[name]) as caught:
        read_structure(path, reader=reader)
    assert str(caught.value).startswith(f"{path}: ")
    assert "cannot be read as" not in str(caught.value)


def test_a_model_that_ends_before_its_atoms_is_of_another_program(make, reader: str) -> None:
    content = make.pdb("ENDMDL", make.residue(0), "ENDMDL", make.residue(1, number=2))
    assert read_structure(content, format="pdb", reader=reader).sequence == "A"


def test_columns_in_another_loop_are_told(make, reader: str) -> None:
    content = make.cif(make.pdb(make.residue(0))).decode()
    lines = content.replace("_atom_site.B_iso_or_equiv\n", "").splitlines()
    place = lines[4:].index("_atom_site.Cartn_x") + 4
    column = sum(line.startswith("_atom_site.") for line in lines[:place]) + 4
    rows = [" ".join(w for n, w in enumerate(line.split()) if n != column)
            if line.startswith("ATOM") else line for line in lines]  # fmt: skip
    apart = ["loop_", "_atom_site.B_iso_or_equiv", "1.0", "2.0", "#", ""]
    with pytest.raises(StructureError, match="B_iso_or_equiv stands apart from the coordinates"):
        read_structure("\n".join([*rows, *apart]).encode(), reader=reader)


def test_readers_take_the_same_of_two_names_of_a_component(make, reader: str) -> None:
    content = make.cif(make.pdb(make.residue(0))).decode()
    both = "_atom_site.auth_comp_id\n_atom_site.auth_seq_id"
    content = content.replace("_atom_site.auth_seq_id", both)
    lines = content.splitlines()
    place = [line for line in lines if line.startswith("_atom_site.")].index(
        "_atom_site.auth_comp_id"
    )
    rows = []
    for line in lines:
        words = line.split()
        rows.append(
            " ".join([*words[:place], "GLY", *words[place:]]) if line.startswith("ATOM") else line
        )
    structure = read_structure("\n".join([*rows, ""]).encode(), reader=reader)
    assert structure.sequence == "G"
