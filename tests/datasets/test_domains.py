"""Domains with class numbers."""

from __future__ import annotations

import pytest
import torch

from proteingraph.datasets.domains import DomainDataset
from proteingraph.errors import DatasetError


def test_numbers_count_over_the_whole_pack(pack):
    dataset = DomainDataset(pack, [1], "fold")
    assert dataset.classes == ["", "a.1", "b.40"]
    assert dataset.num_classes == 3
    assert dataset[0].fold == "b.40"
    assert torch.equal(dataset[0].y, torch.tensor([2]))


def test_numbers_follow_filters_and_come_after_pre_transform(pack):
    seen = []

    def note(graph):
        seen.append("y" in graph)
        return graph

    dataset = DomainDataset(
        pack,
        [True, True, False],
        "fold",
        transform=lambda graph: (graph.name, int(graph.y)),
        pre_transform=note,
        pre_filter=lambda graph: graph.name != "1abc",
    )
    assert list(dataset) == [("2xyz", 2)]
    assert seen == [False]


def test_a_number_can_be_changed_without_harm(pack):
    dataset = DomainDataset(pack, [0, 1], "fold")
    dataset[0].y += 5
    assert int(dataset[0].y) == 1


def test_without_a_target_there_are_no_classes(pack):
    dataset = DomainDataset(pack, [2, 0])
    assert [graph.name for graph in dataset] == ["lone", "1abc"]
    assert dataset.classes == []
    assert dataset.num_classes == 0
    assert "y" not in dataset[0]


def test_unknown_labels_are_refused(pack):
    with pytest.raises(DatasetError, match="no label 'sccs': choose one of fold"):
        DomainDataset(pack, [0], "sccs")
