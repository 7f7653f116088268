"""Tests of reading tables of labels."""

from __future__ import annotations

import pandas as pd
import pytest

from proteingraph.errors import DatasetError
from proteingraph.tasks.finetune import ColumnsConfig, LabelConfig
from proteingraph.tasks.finetune.table import read_label_table

HEADER = "file,chain,residue_number,insertion_code,label\n"


def read(tmp_path, text: str, name: str = "labels.csv", columns=None, **label):
    path = tmp_path / name
    path.write_text(text)
    return read_label_table(path, columns or ColumnsConfig(), LabelConfig(**label))


def test_numbers_codes_and_names_that_look_like_others(tmp_path) -> None:
    table = read(tmp_path, HEADER + "1.pdb,NA,-3,,1\n1.pdb,NA,52A,,0\n1.pdb,NA,52,B,\n")
    assert table.frame["chain"].tolist() == ["NA"] * 3
    assert table.frame["number"].tolist() == [-3, 52, 52]
    assert table.frame["insertion"].tolist() == ["", "A", "B"]
    assert table.frame["label"].isna().tolist() == [False, False, True]
    assert not table.mismatches


@pytest.mark.parametrize(
    ("label", "bad", "expected"),
    [
        ({"kind": "binary"}, "2", "'2' is not 0 or 1"),
        ({"kind": "regression"}, "high", "'high' is not a number"),
        ({"kind": "regression", "bounded": True}, "1.5", "from 0 to 1"),
        ({"kind": "multiclass", "classes": ["0", "1"]}, "H", "one of the classes 0, 1"),
    ],
)
def test_rows_that_cannot_be_read_are_listed(tmp_path, label, bad, expected) -> None:
    text = HEADER + f"a.pdb,A,1,,1\na.pdb,A,2,,{bad}\na.pdb,A,x7,,1\na.pdb,A,4,,0\n"
    table = read(tmp_path, text, **label)
    assert table.frame["row"].tolist() == [1, 4]
    number, wrong = table.mismatches
    assert (number.row, number.residue, wrong.row, wrong.residue) == (3, "x7", 2, "2")
    assert "no residue number" in number.reason and expected in wrong.reason


def test_classes_are_those_of_the_table(tmp_path) -> None:
    rows = "".join(f"{i}.pdb,{fold}\n" for i, fold in enumerate(["10", "9", "b", "", "a"]))
    table = read(tmp_path, "file,label\n" + rows, level="protein", kind="multiclass")
    assert table.classes == ["9", "10", "a", "b"]
    assert table.frame["label"].tolist()[:3] == [1, 0, 3]
    assert [file for file, _, _ in table.chains()] == [f"{i}.pdb" for i in range(5)]


def test_formats_agree(tmp_path) -> None:
    text = HEADER + "a.pdb,A,1,,1\na.pdb,A,2,C,0\n"
    csv = read(tmp_path, text).frame
    tsv = read(tmp_path, text.replace(",", "\t"), "labels.tsv").frame
    pd.testing.assert_frame_equal(csv, tsv)
    numbers = pd.DataFrame(
        {
            "file": ["a.pdb"] * 2,
            "chain": ["A"] * 2,
            "residue_number": [1.0, 2.0],
            "insertion_code": [None, "C"],
            "label": [True, False],
        }
    )
    numbers.to_parquet(tmp_path / "labels.parquet")
    parquet = read_label_table(tmp_path / "labels.parquet", ColumnsConfig(), LabelConfig()).frame
    pd.testing.assert_frame_equal(csv, parquet)


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("file,label\na,1\n", "labels.csv", "no column residue_number; there are file, label"),
        (HEADER, "labels.csv", "no row with a label"),
        (HEADER + "a.pdb,A,?,,1\n", "labels.csv", "no residue number"),
        ("", "labels.csv", "cannot be read as csv"),
        ("x", "labels.parquet", "cannot be read as parquet"),
        ("x", "labels.xlsx", "must end in"),
    ],
)
def test_tables_that_cannot_be_used(tmp_path, text, name, message) -> None:
    with pytest.raises(DatasetError, match=message):
        read(tmp_path, text, name)
    with pytest.raises(DatasetError, match="cannot be read"):
        read_label_table(tmp_path / "absent.csv", ColumnsConfig(), LabelConfig())
