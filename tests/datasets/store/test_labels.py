"""Tables of labels."""

from __future__ import annotations

import pandas as pd
import pytest

from proteingraph.datasets.store.labels import read_labels
from proteingraph.errors import DatasetError


def test_labels_go_to_the_entries_that_are_named(tmp_path, pack):
    table = tmp_path / "labels.tsv"
    table.write_text("entry\tsplit\tnote\n2xyz\ttrain\tNA\nabsent\ttest\t\n1abc\t\tü\n")
    labelled = read_labels(table).label(pack)
    assert list(labelled.labels) == ["fold", "split", "note"]
    assert labelled.labels["split"].tolist() == ["", "train", ""]
    assert labelled.labels["note"].tolist() == ["ü", "NA", ""]
    assert labelled.labels["fold"].tolist() == ["a.1", "b.40", ""]


def test_commas_and_parquet(tmp_path, pack):
    frame = pd.DataFrame({"name": ["lone", "1abc"], "fold": ["x", None], "rank": [7, 12]})
    frame.to_csv(tmp_path / "labels.csv", index=False)
    frame.to_parquet(tmp_path / "labels.parquet")
    for name in ("labels.csv", "labels.parquet"):
        labels = read_labels(tmp_path / name).label(pack).labels
        assert {key: values.tolist() for key, values in labels.items()} == {
            "fold": ["", "", "x"],
            "rank": ["12", "", "7"],
        }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot be read as a table"),
        ("name,split\na,train\n", "no labels beside the names: are fields separated by tabs"),
        ("name\tlength\na\t1\n", "no label can be called 'length'"),
        ("name\tsplit\na\tx\nb\ty\na\tz\n", "'a' occurs twice"),
    ],
)
def test_bad_tables_are_refused(tmp_path, text, message):
    (tmp_path / "labels.tsv").write_text(text)
    with pytest.raises(DatasetError, match=rf"labels\.tsv: {message}"):
        read_labels(tmp_path / "labels.tsv")


def test_absent_tables_are_refused(tmp_path):
    with pytest.raises(DatasetError, match=r"nowhere\.tsv: cannot be read as a table"):
        read_labels(tmp_path / "nowhere.tsv")
