"""Packs with labels, and splits that must not divide what is alike."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from benchmarks.common.annotated import (
    AnnotatedPack,
    check_split,
    hold_out,
    read_arrays,
    read_table,
)
from proteingraph.datasets import load_cath_scop_mini
from proteingraph.errors import DatasetError


@pytest.fixture
def annotated() -> AnnotatedPack:
    pack = load_cath_scop_mini().subset([3, 5, 8])
    rows = np.arange(pack.num_residues)
    features = np.stack([rows, -rows], 1)
    return AnnotatedPack(pack, {"rank": rows, "pair": features}, {"score": np.arange(3.0)})


def test_rows_stay_with_their_residues(annotated):
    start = annotated.pack.starts
    for number in (0, 2, -1):
        data = annotated[number]
        row = range(3)[number]
        assert data.rank.tolist() == list(range(start[row], start[row + 1]))
        assert torch.equal(data.pair[:, 1], -data.rank) and data.score.tolist() == [row]
    assert [len(piece) for piece in annotated.each("pair")] == annotated.pack.lengths.tolist()
    few = annotated.subset([2, 0])
    assert few[0].name == annotated[2].name and torch.equal(few[0].rank, annotated[2].rank)
    assert few[1].score.tolist() == [0] and len(few) == 2
    masked = annotated.subset(np.array([False, True, False]))
    assert [data.name for data in masked] == [annotated[1].name]


def test_a_graph_is_a_copy(annotated):
    annotated[0].rank[:] = -1
    assert annotated[0].rank[0] == 0


def test_columns_that_do_not_fit_are_refused(annotated):
    with pytest.raises(DatasetError, match="score has 2 rows, expected 3"):
        AnnotatedPack(annotated.pack, {}, {"score": np.zeros(2)})
    with pytest.raises(DatasetError, match="site has 3 rows"):
        AnnotatedPack(annotated.pack, {"site": np.zeros(3)})


def test_divided_groups_are_found():
    check_split(["a", "a", "", "b", ""], ["train", "train", "train", "test", "test"], "cluster")
    with pytest.raises(DatasetError, match="cluster 'b' is in both train and test"):
        check_split(["a", "b", "b"], ["train", "train", "test"], "cluster")


def test_groups_are_held_out_whole():
    groups = np.array(["a", "b", "c", "", ""] * 40)
    held = hold_out(groups, 0.25, seed=3)
    assert 50 <= held.sum() < 100
    for group in "abc":
        assert len(set(held[groups == group])) == 1
    assert 0 < held[groups == ""].sum() < 80  # blanks are no group
    assert np.array_equal(held, hold_out(groups, 0.25, seed=3))
    assert not np.array_equal(held, hold_out(groups, 0.25, seed=4))
    assert not hold_out(groups, 0).any()


def test_files_that_are_not_what_they_should_be(tmp_path):
    path = tmp_path / "table.tsv"
    with pytest.raises(DatasetError, match=re.escape(str(path))):
        read_table(path, "chain")
    path.write_text("chain\tlabel\n1abc_A\t0\n")
    with pytest.raises(DatasetError, match="no column split, only chain, label"):
        read_table(path, "chain", "split")
    with pytest.raises(DatasetError, match=r"not a readable \.npz"):
        read_arrays(path, "chain")
    np.savez(tmp_path / "a.npz", chain=np.zeros(2))
    with pytest.raises(DatasetError, match="no array label"):
        read_arrays(tmp_path / "a.npz", "chain", "label")
