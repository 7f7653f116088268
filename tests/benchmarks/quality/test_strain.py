"""Quality without labels: which way it points."""

from __future__ import annotations

import numpy as np
import torch

from benchmarks.quality.strain import relaxedness
from proteingraph.datasets import ChainPack, load_cath_scop_mini
from proteingraph.testing import random_rotation, rigid_motion
from proteingraph.transforms.decoys import GaussianDecoy, SegmentRotation
from proteingraph.zoo import load_model


def natives() -> ChainPack:
    pack = load_cath_scop_mini()
    held_out = pack.subset(np.asarray(pack.labels["split"]) == "test")
    return held_out.subset(np.argsort(held_out.lengths)[:6]).trace()


def test_natives_are_better_than_noise():
    model, pack = load_model("dsm_tiny"), natives()
    noisy = ChainPack.from_data(GaussianDecoy(1.0)(data) for data in pack).trace()
    native, perturbed = (relaxedness(model, one, sigma=1.0) for one in (pack, noisy))
    assert [len(one) for one in native] == pack.lengths.tolist()
    for one, other in zip(native, perturbed, strict=True):
        assert (one <= 0).all() and one.mean() > other.mean() + 0.2


def test_what_was_turned_is_worse_than_the_rest():
    model, pack = load_model("dsm_small"), natives()
    turn = SegmentRotation(90.0, 12)
    turned = [turn(data) for data in pack]
    moved = [(data.pos - data.pos_native).norm(dim=-1) > 1 for data in turned]
    quality = relaxedness(model, ChainPack.from_data(turned).trace(), sigma=1.0)
    better = [
        one[~there].mean() > one[there].mean() for one, there in zip(quality, moved, strict=True)
    ]
    assert np.mean(better) > 0.8


def test_batches_and_motion_change_nothing():
    model, pack = load_model("dsm_tiny"), natives()
    together = relaxedness(model, pack, 2.0)
    rotation = random_rotation(torch.Generator().manual_seed(2)).float()
    moved = [rigid_motion(data, rotation, torch.tensor([3.0, 1.0, -8.0])) for data in pack]
    apart = relaxedness(model, ChainPack.from_data(moved).trace(), 2.0, residues=1)
    for one, other in zip(together, apart, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-3)
