"""Crops and noise of held-out chains."""

from __future__ import annotations

import torch

from benchmarks.common import load_domains, spread
from benchmarks.common.noise import perturbed_batches
from proteingraph.noise import NoiseSchedule
from proteingraph.pretrain import DenoisingModel


def gathered(model, pack, residues, noise_seed):
    batches = list(perturbed_batches(model, pack, 2.0, 40, residues, noise_seed))
    return [torch.cat([batch[name] for batch in batches]) for name in ("pos_clean", "pos")]


def test_crops_and_noise_depend_on_row_and_seed_alone(weights):
    model = DenoisingModel.from_pretrained(weights)
    pack = spread(load_domains()["test"], 7)
    native, noisy = gathered(model, pack, 60, 0)
    same_native, same_noisy = gathered(model, pack, 1000, 0)
    other_native, other_noisy = gathered(model, pack, 60, 1)
    assert len(native) == pack.lengths.clip(max=40).sum()
    assert torch.equal(native, same_native) and torch.equal(noisy, same_noisy)
    assert torch.equal(native, other_native)
    assert not torch.allclose(noisy, other_noisy)
    assert 1.8 < float((other_noisy - native).std()) < 2.2


def test_networks_of_other_schedules_see_the_same_noise(weights):
    model = DenoisingModel.from_pretrained(weights)
    pack = spread(load_domains()["test"], 3)
    native, noisy = gathered(model, pack, 1000, 0)
    model.set_schedule(NoiseSchedule(8.0, 0.5, 7, tilt=2.0))
    other_native, other_noisy = gathered(model, pack, 1000, 0)
    assert torch.equal(native, other_native) and torch.equal(noisy, other_noisy)
    batch = next(iter(perturbed_batches(model, pack, 2.0, 40, 1000)))
    assert batch.noise_level.tolist() == [3, 3, 3]  # the middle of 8 to 0.5 Å: 2 Å
