"""Building indexes from all kinds of sources."""

from __future__ import annotations

import tarfile

import numpy as np
import pytest

from proteingraph.datasets.store import build_store
from proteingraph.embedding import embed_graphs
from proteingraph.errors import DatasetError, WeightsError
from proteingraph.pretrain import DenoisingModel
from proteingraph.search import Index, writer


def test_entries_and_vectors(index, domains):
    assert len(index) == len(domains)
    table = index.entries
    assert table["name"].tolist() == domains.names.tolist()
    assert table["length"].tolist() == domains.lengths.tolist()
    for label, values in domains.labels.items():
        assert table[label].tolist() == values.tolist()
    assert table["file"].unique().tolist() == ["domains.npz"]
    proteins = np.stack([chain.protein for chain in embed_graphs(index.model, list(domains))])
    assert index.record.columns == proteins.shape[1]
    entries, cosines = index.nearest(proteins, 1)
    assert entries[:, 0].tolist() == list(range(len(domains)))
    np.testing.assert_allclose(cosines, 1, atol=1e-3)


def test_every_kind_of_source_gives_the_same(packed, index, test_files, weights, tmp_path):
    build_store([packed], tmp_path / "store")
    stored = Index.build([tmp_path / "store"], tmp_path / "a", weights)
    assert stored.entries.equals(index.entries)
    assert stored.path.joinpath("vectors.bin").read_bytes() == (
        index.path.joinpath("vectors.bin").read_bytes()
    )
    with tarfile.open(tmp_path / "more.tar", "w") as archive:
        archive.add(test_files / "1aki.pdb", "1aki.pdb")
    (tmp_path / "files").mkdir()
    for source in (tmp_path / "more.tar", test_files / "1aki*.pdb", test_files / "1aki.pdb"):
        built = Index.build([source], tmp_path / "b", weights, overwrite=True)
        assert built.entries[["name", "length", "chains"]].values.tolist() == [["1aki_A", 129, "A"]]


def test_bad_files_are_left_out(test_files, weights, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "bad.pdb").write_text("no structure\n")
    (folder / "good.cif").write_bytes((test_files / "1aki.cif").read_bytes())
    # A single residue has no pairs, so that nothing can be said of it.
    lines = (test_files / "1aki.pdb").read_text().splitlines(keepends=True)
    (folder / "short.pdb").write_text("".join(x for x in lines if x[:4] == "ATOM")[: 81 * 8])
    index = Index.build([folder], tmp_path / "index", weights)
    assert index.entries["name"].tolist() == ["good_A"]
    assert index.failures["file"].tolist() == ["bad.pdb", "short.pdb"]
    assert "embedding is zero or not finite" in index.failures["reason"][1]
    assert index.record.failures == 2


def test_the_same_bytes_again(packed, index, weights, tmp_path, contents):
    again = Index.build([packed], tmp_path / "again", weights)
    assert contents(again.path) == contents(index.path)


def test_many_entries_get_a_graph(packed, index, weights, tmp_path, contents, monkeypatch):
    pytest.importorskip("usearch")
    monkeypatch.setattr("proteingraph.search.writer.EXACT_UP_TO", 20)
    large, again = (Index.build([packed], tmp_path / name, weights) for name in "ab")
    assert index.exact and not large.exact
    assert contents(large.path) == contents(again.path)
    vectors = np.fromfile(index.path / "vectors.bin", "<f2").reshape(len(index), -1)
    (entries, cosines), (expected, known) = large.nearest(vectors, 5), index.nearest(vectors, 5)
    np.testing.assert_array_equal(entries, expected)
    np.testing.assert_allclose(cosines, known, atol=1e-6)
    assert cosines.max() <= 1


def test_labels_by_table_and_labels_that_differ(test_files, packed, weights, tmp_path):
    table = tmp_path / "labels.tsv"
    table.write_text("name\tfold\n1aki_A\tlysozyme\n")
    index = Index.build([test_files / "1aki.cif", packed], tmp_path / "x", weights, labels=table)
    assert index.entries["fold"].tolist() == ["lysozyme", *[""] * (len(index) - 1)]
    assert index.entries["sccs"][0] == "" != index.entries["sccs"][1]


def test_complexes(test_files, weights, tmp_path):
    path = test_files / "5zng.cif.gz"
    index = Index.build([path], tmp_path / "x", weights, complexes=True)
    assert index.entries["chains"].str.contains(",").tolist() == [True]
    (result,) = index.search(path)
    assert result.length == index.record.residues
    assert result.hits[0].similarity > 0.999


@pytest.mark.slow
def test_processes_give_the_same(test_files, weights, tmp_path, contents, monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    files = [test_files / name for name in ("1aki.cif", "4p5j.cif.gz", "5zng.pdb.gz")]
    one, two = (Index.build(files, tmp_path / str(n), weights, jobs=n) for n in (1, 2))
    assert contents(one.path) == contents(two.path)
    assert two.record.failures == 1


def test_progress_is_told(test_files, packed, weights, tmp_path):
    told = []
    files = [test_files / "1aki.cif", packed]
    index = Index.build(files, tmp_path / "x", weights, report=lambda *x: told.append(x))
    assert told[-1] == (2, 2, len(index))
    assert sorted(told) == told


def test_a_place_that_is_taken(packed, weights, tmp_path, contents):
    other = tmp_path / "other"
    other.mkdir()
    (other / "precious").write_text("x")
    with pytest.raises(DatasetError, match="is there already, and no index"):
        Index.build([packed], other, weights, overwrite=True)
    with pytest.raises(DatasetError, match="does not exist"):
        Index.build([packed], tmp_path / "absent" / "x", weights)
    Index.build([packed], tmp_path / "x", weights)
    before = contents(tmp_path)
    with pytest.raises(DatasetError, match="replace it"):
        Index.build([packed], tmp_path / "x", weights)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("when", ["IndexWriter.add", "IndexWriter.finish", "write_record"])
def test_an_interrupted_build_leaves_all_as_it_was(
    packed, test_files, weights, tmp_path, contents, monkeypatch, when
):
    def stop(*_, **__):
        raise KeyboardInterrupt

    Index.build([test_files / "1aki.cif"], tmp_path / "x", weights)
    before = contents(tmp_path)
    monkeypatch.setattr(f"{writer.__name__}.{when}", stop)
    for name in ("x", "new"):
        with pytest.raises(KeyboardInterrupt):
            Index.build([packed], tmp_path / name, weights, overwrite=True)
    assert contents(tmp_path) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x"]
    monkeypatch.undo()
    index = Index.build([packed], tmp_path / "x", weights, overwrite=True)
    assert len(index) == 24
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x"]


def test_wrong_sources_and_models(packed, weights, tmp_path):
    for sources, model, kind in (
        ([tmp_path / "absent"], weights, DatasetError),
        ([packed], tmp_path, WeightsError),
        ([packed], "no_such_model", WeightsError),
    ):
        with pytest.raises(kind):
            Index.build(sources, tmp_path / "x", model)
    with pytest.raises(DatasetError, match="to be a mirror"):
        Index.build([packed], tmp_path / "x", weights, mirror=tmp_path / "absent")
    assert list(tmp_path.iterdir()) == []


def test_a_network_in_memory(packed, index, weights, tmp_path):
    built = Index.build([packed], tmp_path / "x", DenoisingModel.from_pretrained(weights))
    assert built.record.fingerprint == index.record.fingerprint
