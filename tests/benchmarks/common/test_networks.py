"""Trained and untrained networks by name."""

from __future__ import annotations

import shutil

import pytest
import torch

from benchmarks.common import load_networks
from proteingraph.errors import ConfigError, WeightsError
from proteingraph.pretrain import DenoisingModel


def state(network):
    return torch.cat([value.flatten() for value in network.model.state_dict().values()])


def test_untrained_networks_have_the_shape_and_depend_on_the_seed_alone(weights):
    trained, first, second = load_networks([weights], [3, 4])
    again = load_networks([weights], [3])[1]
    assert (trained.name, first.name, second.name) == (weights.name, "untrained", "untrained")
    assert (trained.seed, first.seed, second.seed) == (None, 3, 4)
    assert first.model.settings == trained.model.settings
    assert torch.equal(state(first), state(again))
    assert not torch.equal(state(first), state(second))
    assert not first.model.training
    assert trained.describe()["parameters"] == first.describe()["parameters"]


def test_making_them_draws_nothing_from_others(weights):
    draws = []
    for seeds in ([], [3]):
        torch.manual_seed(5)
        load_networks([weights], seeds)
        draws.append(torch.rand(3))
    assert torch.equal(*draws)


def test_names_tell_folders_apart(weights, tmp_path):
    for run in ("a", "b"):
        shutil.copytree(weights, tmp_path / run / "last")
    DenoisingModel(
        "cond_resnet", encoder={"channels": 4, "bottleneck": 2, "blocks": 1}
    ).save_pretrained(tmp_path / "dense")
    folders = [tmp_path / "a" / "last", tmp_path / "b" / "last", tmp_path / "dense"]
    names = [network.name for network in load_networks(folders, [0])]
    assert names[:2] == ["a/last", "b/last"]
    assert len(set(names)) == 5  # two shapes, so two names of untrained ones
    with pytest.raises(ConfigError, match="twice"):
        load_networks([weights, weights])
    with pytest.raises(WeightsError):
        load_networks([tmp_path])
