"""Corpora with labels added in memory."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from proteingraph.datasets.labelled import LabelledCorpus
from proteingraph.datasets.store import ChainStore, StoreWriter


@pytest.fixture(params=["pack", "store"])
def corpus(request, pack, tmp_path):
    """The three graphs in memory, or on disk."""
    if request.param == "pack":
        return pack
    with StoreWriter(tmp_path / "store") as writer:
        writer.append(pack)
    return ChainStore(tmp_path / "store")


def test_labels_are_added_and_follow_their_entries(corpus, graphs, assert_same_graph):
    more = {"split": np.array(["train", "test", "train"]), "fold": np.array(["x", "y", "z"])}
    labelled = LabelledCorpus(corpus, more)
    assert set(labelled.labels) == {"fold", "split"}
    assert labelled.labels["fold"].tolist() == ["x", "y", "z"]
    for part, rows in ((labelled, [0, 1, 2]), (labelled.subset([2, 0]), [2, 0])):
        assert len(part) == len(rows)
        for found, row in zip(pickle.loads(pickle.dumps(part)), rows, strict=True):
            graphs[row].split, graphs[row].fold = more["split"][row], more["fold"][row]
            assert_same_graph(found, graphs[row])
    assert labelled.subset(more["split"] == "train").names.tolist() == ["1abc", "lone"]


def test_all_else_is_that_of_the_corpus(corpus):
    labelled = LabelledCorpus(corpus, {})
    assert labelled[-1].name == corpus[-1].name
    assert labelled.lengths.tolist() == corpus.lengths.tolist()
    assert (labelled.num_residues, labelled.has_backbone) == (15, True)
    assert "fold" in labelled.labels
    with pytest.raises(IndexError):
        labelled[3]
