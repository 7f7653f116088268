"""Lists of PDB entries and the mirrors they are looked up in."""

from __future__ import annotations

import shutil

import pytest

from proteingraph.datasets.store.mirror import listed_items, read_ids
from proteingraph.errors import DatasetError


def test_lists(tmp_path):
    path = tmp_path / "ids.txt"
    path.write_text("1AKI, 3o5r  # two\n\n# none\npdb_00005zng\n")
    assert read_ids(path) == ["1aki", "3o5r", "5zng"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"1aki\nchain A\n", "line 2: 'chain' is no PDB entry"),
        (b"1akiA", "line 1: '1akiA' is no PDB entry"),
        (b"# none\n", "names no PDB entry"),
        (b"\xff\xfe", "cannot be read as a list"),
    ],
)
def test_bad_lists_are_refused(tmp_path, content, message):
    path = tmp_path / "ids.txt"
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=message):
        read_ids(path)


def test_entries_are_found_in_folders_and_beside_them(test_files, tmp_path):
    placed = {
        "ak/1aki.cif.gz": "1aki.cif.gz",
        "o5/pdb3o5r.ent.gz": "3o5r.pdb.gz",
        "5ZNG.pdb.gz": "5zng.pdb.gz",
    }
    for place, name in placed.items():
        (tmp_path / place).parent.mkdir(exist_ok=True)
        shutil.copy(test_files / name, tmp_path / place)
    items = list(listed_items(["1aki", "3o5r", "5zng", "9zzz"], tmp_path))
    assert [item.file for item in items] == [*placed, "9zzz"]
    outcomes = [item.read(complexes=True) for item in items]
    assert [str(outcome.pack.names[0]) for outcome in outcomes[:3]] == ["1aki", "3o5r", "5zng"]
    ((_, _, reason),) = outcomes[3].failures
    assert "9zzz: not in" in reason and "zz/9zzz.cif.gz" in reason


def test_mmcif_comes_before_pdb_files(test_files, tmp_path):
    for name in ("1aki.pdb", "1aki.cif"):
        shutil.copy(test_files / name, tmp_path)
    (item,) = listed_items(["1aki"], tmp_path)
    assert item.file == "1aki.cif"
