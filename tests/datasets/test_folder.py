"""Folders of structure files."""

from __future__ import annotations

import gzip
import logging

import pytest

from proteingraph.datasets import ProteinFolder, find_structure_files
from proteingraph.errors import DatasetError


def test_every_chain_is_an_entry(folder):
    dataset = ProteinFolder(folder)
    assert [graph.name for graph in dataset] == ["one_X", "two_A", "two_B"]
    assert [graph.file for graph in dataset] == ["deeper/one.ent", "two.pdb", "two.pdb"]
    assert dataset[1].residue_type.tolist() == [0, 5]
    assert dataset[1].b_factor.tolist() == [20, 30]
    assert repr(dataset) == "ProteinFolder(3)"
    assert dataset.root == str(folder)


def test_complexes_stay_together(folder):
    dataset = ProteinFolder(folder, complexes=True)
    assert [graph.name for graph in dataset] == ["one", "two"]
    assert dataset[1].chain_id == ["A", "B"]
    assert dataset[1].chain.tolist() == [0, 0, 1, 1]


def test_bad_files_are_reported_and_skipped(folder, caplog):
    without_ca = (folder / "two.pdb").read_text().replace(" CA ", " CB ")
    (folder / "no_ca.pdb").write_text(without_ca)
    with caplog.at_level(logging.WARNING):
        dataset = ProteinFolder(folder)
    assert len(dataset) == 3
    assert {failure.path.name for failure in dataset.failures} == {"broken.pdb", "no_ca.pdb"}
    assert all(failure.path.name in failure.reason for failure in dataset.failures)
    assert [failure.chain for failure in dataset.failures] == ["", "A", "B"]
    assert "2 files could not be read whole" in caplog.text
    assert "broken.pdb" in caplog.text


def test_good_files_warn_of_nothing(folder, caplog):
    (folder / "broken.pdb").unlink()
    assert ProteinFolder(folder).failures == []
    assert caplog.text == ""


def test_a_reader_can_be_chosen(folder):
    with_prody = ProteinFolder(folder / "two.pdb", reader="prody")
    assert [graph.name for graph in with_prody] == ["two_A", "two_B"]


def test_patterns_and_packed_files(folder):
    (folder / "zipped.PDB.gz").write_bytes(gzip.compress((folder / "two.pdb").read_bytes()))
    base, found = find_structure_files(folder / "*.PDB.gz")
    assert base == folder
    assert [path.name for path in found] == ["zipped.PDB.gz"]
    base, found = find_structure_files(folder / "**" / "*.ent")
    assert [path.relative_to(base).as_posix() for path in found] == ["deeper/one.ent"]
    assert len(ProteinFolder(folder / "*.PDB.gz")) == 2


def test_filters_and_transforms(folder):
    dataset = ProteinFolder(folder, pre_filter=lambda graph: graph.name.startswith("two"))
    assert [graph.name for graph in dataset] == ["two_A", "two_B"]
    dataset = ProteinFolder(folder, transform=lambda graph: graph.name)
    assert list(dataset) == ["one_X", "two_A", "two_B"]


@pytest.mark.parametrize("name", ["nowhere", "nowhere/*.pdb", "*.txt"])
def test_no_files(folder, name):
    with pytest.raises(DatasetError, match="no structure files"):
        ProteinFolder(folder / name)
