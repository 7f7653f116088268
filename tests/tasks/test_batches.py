"""Tests of labelled crops."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from proteingraph.pretrain.batches import training_loader, validation_loader
from proteingraph.tasks.batches import LabelledCrops


def test_labels_stay_with_their_chains(domains, labels) -> None:
    crops = LabelledCrops(domains, labels, crop=10)
    batch = next(iter(training_loader(crops, 60, seed=0)))
    assert batch.num_nodes == 60 and batch.y.shape == (6,)
    for crop in (batch[i] for i in range(6)):
        first = int(crop.position[0])
        whole = [
            label
            for chain, label in zip(domains, labels, strict=True)
            if torch.equal(chain.pos[first : first + 10], crop.pos)
        ]
        assert whole == crop.y.tolist()


def test_whole_chains_by_default(domains, labels) -> None:
    (batch,) = list(validation_loader(LabelledCrops(domains, labels), 10**6))
    assert batch.num_nodes == domains.num_residues
    assert torch.equal(batch.y, torch.from_numpy(labels))


def test_as_many_labels_as_chains(domains) -> None:
    with pytest.raises(ValueError, match=r"\(3,\) labels for 12 chains"):
        LabelledCrops(domains, np.zeros(3))
