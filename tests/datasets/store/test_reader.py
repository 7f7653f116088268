"""Chains on disk as a corpus."""

from __future__ import annotations

import pickle
from dataclasses import fields

import numpy as np
import pytest
import torch

from proteingraph.datasets import ChainPack, ProteinFolder, load_cath_scop_mini
from proteingraph.datasets.store import ChainStore, StoreWriter
from proteingraph.errors import DatasetError


def assert_same_pack(pack, other):
    for one in fields(ChainPack):
        mine, theirs = getattr(pack, one.name), getattr(other, one.name)
        if one.name == "labels":
            assert list(mine) == list(theirs)
            for name in mine:
                np.testing.assert_array_equal(mine[name], theirs[name])
        elif mine is None:
            assert theirs is None, one.name
        else:
            assert mine.dtype.kind == theirs.dtype.kind, one.name
            np.testing.assert_array_equal(mine, theirs)


def test_graphs_come_back_as_they_were(graphs, store, assert_same_graph):
    assert len(store) == 3
    assert store.num_residues == 15
    assert store.lengths.tolist() == [8, 6, 1]
    assert store.has_backbone
    for graph, stored in zip(graphs, store, strict=True):
        assert_same_graph(stored, graph)


def test_shipped_domains_come_back(tmp_path, make_store, assert_same_graph):
    domains = load_cath_scop_mini()
    store = ChainStore(make_store(tmp_path / "store", domains))
    for number in range(0, len(domains), 17):
        assert_same_graph(store[number], domains[number])
    assert store.names.tolist() == domains.names.tolist()
    assert list(store.labels) == list(domains.labels)
    for name, values in domains.labels.items():
        assert store.labels[name].tolist() == values.tolist()
    assert store.lengths.tolist() == domains.lengths.tolist()
    packed = store.pack()
    np.testing.assert_array_equal(packed.coordinates, domains.coordinates)
    np.testing.assert_array_equal(packed.filled("segment"), domains.filled("segment"))


def test_structures_of_files_come_back(test_files, tmp_path, make_store, assert_same_graph):
    folder = ProteinFolder(test_files)
    store = ChainStore(make_store(tmp_path / "store", folder.pack))
    assert len(store) == len(folder) > 15
    for graph, stored in zip(folder, store, strict=True):
        assert_same_graph(stored, graph)
    assert_same_pack(store.pack(), folder.pack)


def test_packs_of_all_and_of_some(pack, store):
    assert_same_pack(store.pack(), pack)
    assert_same_pack(store.pack([2, 0]), pack.subset([2, 0]).compact())
    assert len(store.pack([])) == 0


def test_ca_alone(plain_pack, tmp_path, make_store, assert_same_graph):
    store = ChainStore(make_store(tmp_path / "store", plain_pack))
    assert not store.has_backbone
    assert repr(store) == "ChainStore(3 entries, 21 residues, CA)"
    for graph, stored in zip(plain_pack, store, strict=True):
        assert_same_graph(stored, graph)
    assert store.pack().coordinates.shape == (21, 1, 3)


def test_labels_of_some_entries_are_empty_for_others(
    pack, plain_pack, tmp_path, make_store, assert_same_graph
):
    store = ChainStore(make_store(tmp_path / "store", plain_pack, pack))
    assert [graph.fold for graph in store] == ["", "", "", "a.1", "b.40", ""]
    assert store.labels["fold"].tolist() == ["", "", "", "a.1", "b.40", ""]
    assert store.pack().labels["fold"].tolist() == ["", "", "", "a.1", "b.40", ""]
    assert_same_graph(store[3], pack[0])


def test_names_labels_and_index(store):
    assert store.names.tolist() == ["1abc", "2xyz", "lone"]
    assert store.names.dtype.kind == "U"
    assert "fold" in store.labels and "split" not in store.labels
    with pytest.raises(KeyError):
        store.labels["split"]
    assert store.index.to_dict("list") == {
        "name": ["1abc", "2xyz", "lone"],
        "length": [8, 6, 1],
        "chains": ["A,bB", "A", "A"],
        "fold": ["a.1", "b.40", ""],
    }
    assert repr(store) == "ChainStore(3 entries, 15 residues, N CA C O, labels fold)"
    assert store.failures.to_dict("list") == {"file": [], "chain": [], "reason": []}


def test_find(store):
    assert store.find("lone") == 2
    assert store.subset([2, 1]).find("lone") == 0
    with pytest.raises(DatasetError, match="no entry '3ghi' among 3; they are called as 1abc"):
        store.find("3ghi")


def test_indexing(store):
    assert store[-1].name == "lone"
    assert store[np.int64(1)].name == "2xyz"
    with pytest.raises(IndexError):
        store[3]
    with pytest.raises(IndexError):
        store.subset([3])


@pytest.mark.parametrize("asked", [[2, 0], np.array([2, 0]), torch.tensor([2, 0]), [-1, 0]])
def test_subset_is_a_view_in_the_order_asked_for(graphs, store, asked, assert_same_graph):
    chosen = store.subset(asked)
    assert chosen.names.tolist() == ["lone", "1abc"]
    assert chosen.lengths.tolist() == [1, 8]
    assert chosen.num_residues == 9
    assert chosen.labels["fold"].tolist() == ["", "a.1"]
    assert chosen.index["chains"].tolist() == ["A", "A,bB"]
    assert_same_graph(chosen[0], graphs[2])
    assert_same_graph(chosen.subset([False, True])[0], graphs[0])
    assert np.shares_memory(chosen.arrays(1)["coordinates"], store.arrays(0)["coordinates"])
    with pytest.raises(IndexError):
        chosen[2]


def test_a_graph_is_a_copy(store):
    graph = store[0]
    before = graph.backbone.clone()
    for value in graph.to_dict().values():
        if isinstance(value, torch.Tensor):
            value.fill_(0)
    assert torch.equal(store[0].backbone, before)
    assert store[0].residue_number.any()


def test_arrays_are_read_only_views(pack, store):
    arrays = store.arrays(-1)
    np.testing.assert_array_equal(arrays["coordinates"], pack.coordinates[-1:])
    assert set(arrays) >= {"coordinates", "residue_type", "atom_mask", "chain", "b_factor"}
    with pytest.raises(ValueError, match="read-only"):
        arrays["coordinates"][0] = 0


def test_pickled_it_is_a_path(store, pack, assert_same_graph):
    text = pickle.dumps(store.subset([1, 0]))
    assert len(text) < 5000
    with StoreWriter(store.path, append=True) as writer:
        writer.append(pack)
    again = pickle.loads(text)
    assert again.names.tolist() == ["2xyz", "1abc"]
    assert_same_graph(again[1], pack[0])
    # What was opened before the append does not see it either.
    assert len(store) == len(store.names) == len(store.index) == 3
    assert len(ChainStore(store.path)) == 6


def test_a_store_of_nothing(tmp_path, make_store):
    empty = ChainStore(make_store(tmp_path / "store"))
    assert len(empty) == 0
    assert list(empty) == []
    assert empty.names.tolist() == []
    assert len(empty.pack()) == 0
    assert len(empty.index) == 0


def test_what_is_no_store_is_refused(tmp_path, store):
    with pytest.raises(DatasetError, match="no store, it is no folder: `proteingraph data build"):
        ChainStore(tmp_path / "nowhere")
    (tmp_path / "foreign").mkdir()
    with pytest.raises(DatasetError, match=r"no store, it has no meta\.json"):
        ChainStore(tmp_path / "foreign")
    StoreWriter(tmp_path / "begun").close()
    with pytest.raises(DatasetError, match=r"not finished: .* with --resume"):
        ChainStore(tmp_path / "begun")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "damaged, or no record of a store"),
        ("[]", "damaged, or no record of a store"),
        ('{"name": "something else"}', "damaged, or no record of a store"),
        ('{"format": "proteingraph store", "version": 2, "files": {}, "labels": []}', "version 1"),
        ('{"format": "zarr", "version": 1, "files": {}, "labels": []}', "found 'zarr'"),
    ],
)
def test_foreign_and_damaged_records_are_refused(store, text, message):
    (store.path / "meta.json").write_text(text)
    with pytest.raises(DatasetError, match=f"meta.json: .*{message}"):
        ChainStore(store.path)


def test_counts_that_do_not_fit_are_refused(store):
    record = store.path / "meta.json"
    record.write_text(record.read_text().replace('"residues": 15', '"residues": 16'))
    with pytest.raises(DatasetError, match="bin cannot have"):
        ChainStore(store.path)


def test_cut_and_absent_files_are_named(store):
    file = store.path / "coordinates.bin"
    content = file.read_bytes()
    file.write_bytes(content[:-1])
    with pytest.raises(DatasetError, match=r"coordinates\.bin: cut short, 719 bytes of 720"):
        ChainStore(store.path)
    file.unlink()
    with pytest.raises(DatasetError, match=r"coordinates\.bin: cannot be read \(No such file"):
        ChainStore(store.path)
    file.write_bytes(content)
    (store.path / "index.parquet").write_bytes(b"PAR1")
    with pytest.raises(DatasetError, match=r"index\.parquet: absent or damaged"):
        _ = ChainStore(store.path).names


@pytest.mark.parametrize("name", ["starts.bin", "texts.jsonl", "text_starts.bin"])
def test_damage_is_told_where_it_is_met(store, name):
    file = store.path / name
    file.write_bytes(b"\xff" * file.stat().st_size)
    with pytest.raises(DatasetError, match="damaged at entry 1"):
        ChainStore(store.path)[1]
