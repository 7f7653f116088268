"""Whatever a store can be built from."""

from __future__ import annotations

import tarfile

import pytest

from proteingraph.datasets import load_cath_scop_mini
from proteingraph.datasets.store.items import read_item
from proteingraph.datasets.store.sources import open_sources
from proteingraph.errors import DatasetError


def read(*sources, **options):
    """Names of the entries of all sources, and what failed; their items must be as counted."""
    names, failures = [], []
    for source in open_sources([str(source) for source in sources], **options):
        items = list(source.items())
        assert len(items) == source.count()
        for item in items:
            outcome = read_item(item, False)
            if outcome.pack is not None:
                names += list(zip(outcome.pack.names, outcome.pack.labels["file"], strict=True))
            failures += outcome.failures
    return names, failures


def test_folders_patterns_and_files(folder):
    good = [("one_X", "deeper/one.ent"), ("two_A", "two.pdb"), ("two_B", "two.pdb")]
    names, failures = read(folder)
    assert names == good
    ((file, chain, reason),) = failures
    assert (file, chain) == ("broken.pdb", "")
    assert str(folder / "broken.pdb") in reason
    assert read(folder / "t*.pdb") == (good[1:], [])
    one = folder / "deeper" / "one.ent"
    assert read(one, folder / "two.pdb") == ([("one_X", "one.ent"), *good[1:]], [])


def test_packed_chains(tmp_path, pack):
    pack.save(tmp_path / "x.npz")
    assert read(tmp_path / "x.npz")[0] == [("1abc", "x.npz"), ("2xyz", "x.npz"), ("lone", "x.npz")]
    (tmp_path / "bad.npz").write_bytes(b"PK")
    names, ((file, _, reason),) = read(tmp_path / "bad.npz")
    assert (names, file) == ([], "bad.npz")
    assert "not a readable .npz file" in reason


def test_corpus_of_stretches(data_root):
    (source,) = open_sources([str(data_root / "chains.npz")])
    assert source.count() == 93  # 18,500 chains, 200 at a time
    outcome = next(source.items()).read(False)
    assert len(outcome.pack) == 200
    assert outcome.pack.has_backbone


def test_shipped_domains_and_stores(tmp_path, make_store, pack):
    names, failures = read("cath-scop-mini")
    assert [name for name, _ in names] == load_cath_scop_mini().names.tolist()
    assert failures == []
    path = make_store(tmp_path / "store", pack)
    assert [name for name, _ in read(path)[0]] == ["1abc", "2xyz", "lone"]


def test_patterns_of_archives(tmp_path, folder):
    for name in ("b.tar", "a.tar"):
        with tarfile.open(tmp_path / name, "w") as archive:
            archive.add(folder / "two.pdb", name[0] + ".pdb")
    names, failures = read(tmp_path / "*.tar")
    assert [name for name, _ in names] == ["a_A", "a_B", "b_A", "b_B"]
    assert failures == []


def test_lists_of_entries(tmp_path, test_files):
    path = tmp_path / "ids.txt"
    path.write_text("1aki 9zzz")
    names, failures = read(path, mirror=test_files)
    assert names == [("1aki_A", "1aki.cif.gz")]
    assert [file for file, _, _ in failures] == ["9zzz"]
    with pytest.raises(DatasetError, match=r"ids\.txt: a list of PDB entries needs .* --mirror"):
        read(path)


def test_what_is_nothing_of_the_kind_is_refused(tmp_path):
    for source in ("", tmp_path / "nowhere", tmp_path / "*.pdb"):
        with pytest.raises(DatasetError, match="no such file, folder or pattern"):
            read(source)
    with pytest.raises(DatasetError, match="no structure files"):
        read(tmp_path)
    (tmp_path / "x.doc").write_text("x")
    with pytest.raises(DatasetError, match=r"x\.doc: no structure file, archive \(\.tar, "):
        read(tmp_path / "x.doc")


def test_corpora_in_foreign_formats(test_files):
    (source,) = open_sources([str(test_files / "structure_db.dat")])
    names, failures = read(test_files / "structure_db.dat")
    assert failures == []
    assert len(names) > 1
    assert {file for _, file in names} == {"structure_db.dat"}
    assert source.count() == len(names) // 200 + 1
