"""Corpora by name or path, and tables of splits."""

from __future__ import annotations

import pytest

from proteingraph.datasets import load_corpus, read_split
from proteingraph.errors import DatasetError


def test_shipped_domains_by_name():
    assert len(load_corpus("cath-scop-mini")) == 3030


def test_packed_file(tmp_path, pack):
    pack.save(tmp_path / "x.npz")
    assert load_corpus(tmp_path / "x.npz").names.tolist() == pack.names.tolist()


def test_folder_and_pattern(folder):
    assert load_corpus(folder).names.tolist() == ["one_X", "two_A", "two_B"]
    assert load_corpus(f"{folder}/t*.pdb").names.tolist() == ["two_A", "two_B"]


def test_chains_npz(data_root):
    assert len(load_corpus(data_root / "chains.npz")) == 18_500


def test_folder_without_one_good_file(folder):
    for name in ("two.pdb", "deeper/one.ent"):
        (folder / name).unlink()
    with pytest.raises(DatasetError, match=r"not one chain could be read:\n  .*broken.pdb"):
        load_corpus(folder)


def test_what_is_left_out_of_a_folder_is_listed_or_warned_of(folder, caplog):
    failures = []
    load_corpus(folder, failures)
    assert [failure.path.name for failure in failures] == ["broken.pdb"]
    assert caplog.text == ""
    load_corpus(folder)
    assert "1 file could not be read whole" in caplog.text


def test_other_sources_are_refused(tmp_path):
    with pytest.raises(DatasetError, match="does not exist: expected a folder"):
        load_corpus(tmp_path / "nowhere")
    (tmp_path / "x.txt").write_text("")
    with pytest.raises(DatasetError, match=r"is no \.npz file: expected a folder"):
        load_corpus(tmp_path / "x.txt")
    (tmp_path / "x.npz").write_text("")
    with pytest.raises(DatasetError, match=r"not a readable \.npz file"):
        load_corpus(tmp_path / "x.npz")


def test_split_table(tmp_path):
    table = tmp_path / "splits.tsv"
    table.write_text("chain\tfold\tpretrain\n1abc_A\tx\ttrain\n\n2xyz_B\t\tno\n")
    assert read_split(table, "pretrain") == {"1abc_A": "train", "2xyz_B": "no"}
    assert read_split(table, "fold") == {"1abc_A": "x", "2xyz_B": ""}
    table.rename(tmp_path / "splits.csv").write_text("chain,pretrain\n1abc_A,train\n")
    assert read_split(tmp_path / "splits.csv", "pretrain") == {"1abc_A": "train"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chain\tfold\n", "no column 'pretrain', only fold"),
        ("", "no column 'pretrain', only an empty file"),
        ("chain,pretrain\na,train\n", "separated by tabs"),
        ("chain\tpretrain\na\n", "line 2: 1 fields, expected 2"),
        ("chain\tpretrain\na\tx\na\ty\n", "line 3: 'a' occurs twice"),
    ],
)
def test_bad_tables_are_refused(tmp_path, text, message):
    (tmp_path / "splits.tsv").write_text(text)
    with pytest.raises(DatasetError, match=message):
        read_split(tmp_path / "splits.tsv", "pretrain")


def test_unreadable_tables_are_refused(tmp_path):
    with pytest.raises(DatasetError, match="cannot be read as a table"):
        read_split(tmp_path / "nowhere.tsv", "pretrain")
    (tmp_path / "x.tsv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DatasetError, match="cannot be read as a table"):
        read_split(tmp_path / "x.tsv", "pretrain")


def test_pretrain_split_of_the_corpus(data_root):
    split = read_split(data_root / "splits.tsv", "pretrain")
    values = list(split.values())
    counts = {value: values.count(value) for value in ("train", "validation", "no")}
    assert counts == {"train": 14863, "validation": 603, "no": 3034}


def test_a_corpus_without_a_name_is_not_the_present_folder():
    with pytest.raises(DatasetError, match="no name"):
        load_corpus("")
