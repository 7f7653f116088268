"""Published splits of chains."""

from __future__ import annotations

import json

import pytest

from proteingraph.datasets.cath import read_chain_splits
from proteingraph.errors import DatasetError

SPLIT = {
    "train": ["12as.A", "1a8q.A", "4v6w.a"],
    "validation": ["1cuk.B"],
    "test": ["2YH5.A"],
    "cath_nodes": {"12as.A": ["3.30.930"]},
}


def test_chains_have_the_names_that_their_domains_begin_with(tmp_path):
    (tmp_path / "s.json").write_text(json.dumps(SPLIT))
    assert read_chain_splits(tmp_path / "s.json") == {
        "12asA": "train",
        "1a8qA": "train",
        "4v6wa": "train",
        "1cukB": "validation",
        "2yh5A": "test",
    }


@pytest.mark.parametrize("content", ["", "[]", '{"train": []}', '{"train": 3}'])
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / "s.json").write_text(content)
    with pytest.raises(DatasetError, match=r"s\.json: no file of splits .* train, validation"):
        read_chain_splits(tmp_path / "s.json")


def test_a_chain_in_two_splits_is_refused(tmp_path):
    (tmp_path / "s.json").write_text(json.dumps({**SPLIT, "test": ["12as.A"]}))
    with pytest.raises(DatasetError, match=r"chain 12as\.A is in two splits"):
        read_chain_splits(tmp_path / "s.json")
