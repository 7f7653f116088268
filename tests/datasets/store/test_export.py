"""Entries back as structure files."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from proteingraph.datasets import ProteinFolder, load_cath_scop_mini
from proteingraph.datasets.store import ChainStore, export_entries
from proteingraph.errors import DatasetError


@pytest.mark.parametrize("format", ["pdb", "cif"])
def test_exported_entries_are_read_back(tmp_path, make_store, format):
    domains = load_cath_scop_mini().subset([0, 7, 2000])
    store = ChainStore(make_store(tmp_path / "store", domains))
    assert list(export_entries(store, range(3), tmp_path / "out", format)) == [None] * 3
    read = {graph.name: graph for graph in ProteinFolder(tmp_path / "out", complexes=True)}
    assert len(read) == 3
    for graph in domains:
        again = read[graph.name]
        assert again.pos.sub(graph.pos).abs().max() < 0.001
        assert again.backbone.sub(graph.backbone).abs().max() < 0.001
        for name in ("backbone_mask", "residue_type", "residue_number", "insertion_code"):
            assert again[name].equal(graph[name]), name
        assert again.chain_id == graph.chain_id


def test_several_chains_and_insertion_codes(tmp_path, graphs, pack):
    assert list(export_entries(pack, [0], tmp_path, "cif")) == [None]
    (again,) = ProteinFolder(tmp_path, complexes=True)
    assert again.name == "1abc"
    assert again.chain_id == ["A", "bB"]
    assert again.insertion_code.tolist() == graphs[0].insertion_code.tolist()
    np.testing.assert_allclose(again.b_factor, graphs[0].b_factor)


def test_what_does_not_fit_is_told(tmp_path, pack):
    first, second, third = export_entries(pack, [0, 1, 2], tmp_path, "pdb")
    assert "entry '1abc': " in first.reason and "chain name 'bB' does not fit" in first.reason
    assert (second, third) == (None, None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2xyz.pdb", "lone.pdb"]


def test_names_that_lead_elsewhere_or_clash(tmp_path, pack):
    names = np.array(["../../x", ".._.._x", "a b"])
    first, second, third = export_entries(
        replace(pack, names=names), range(3), tmp_path / "o", "cif"
    )
    assert (first, third) == (None, None)
    assert second.reason.startswith("entry '.._.._x': ")
    assert "holds '../../x' already" in second.reason
    assert sorted(path.name for path in (tmp_path / "o").iterdir()) == ["_.._x.cif", "a_b.cif"]
    assert [path.name for path in tmp_path.iterdir()] == ["o"]


def test_wrong_requests(tmp_path, pack):
    with pytest.raises(DatasetError, match="no format 'xyz': choose one of pdb, cif"):
        list(export_entries(pack, [0], tmp_path, "xyz"))
    (tmp_path / "file").write_text("")
    with pytest.raises(DatasetError, match="cannot be made"):
        list(export_entries(pack, [0], tmp_path / "file"))
