"""Growing a trained network must not change what it computes, and must leave it trainable."""

from __future__ import annotations

import pytest
import torch
from torch_geometric.data import Batch

from proteingraph.datasets import load_cath_scop_mini
from proteingraph.errors import ConfigError
from proteingraph.pretrain import DenoisingModel
from proteingraph.pretrain.config import load_config
from proteingraph.pretrain.growth import grow
from proteingraph.pretrain.start import initial_model
from proteingraph.transforms import PerturbCoordinates

SMALL = {"channels": 16, "pair_channels": 8, "hidden_channels": 12, "layers": 2}
LARGER = {"layers": 4, "hidden_channels": 20, "expansion": 5, "resolved_channels": 24}


@pytest.fixture
def small() -> DenoisingModel:
    torch.manual_seed(3)
    model = DenoisingModel(graph={"k": 12}, encoder=SMALL)
    with torch.no_grad():  # away from what new parameters are, conditioning included
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return model.eval()


@pytest.fixture
def batch() -> Batch:
    pack = load_cath_scop_mini().subset(range(3)).trace()
    return PerturbCoordinates(sigma=0.7)(Batch.from_data_list([pack[i] for i in range(3)]))


def largest_difference(one: DenoisingModel, two: DenoisingModel, batch: Batch) -> float:
    results = []
    for model in (one, two):
        graph = model.prepare(batch.clone())
        embeddings = model.encoder(graph)
        results.append([model(graph), embeddings.residue, embeddings.pair, embeddings.protein])
    return max(float((a - b).detach().abs().max()) for a, b in zip(*results, strict=True))


@pytest.mark.parametrize("size", LARGER)
def test_each_size_leaves_the_function_as_it_is(small, batch, size):
    grown = grow(small, {size: LARGER[size]})
    assert sum(p.numel() for p in grown.parameters()) > sum(p.numel() for p in small.parameters())
    assert largest_difference(small, grown, batch) < 1e-4


def test_all_sizes_together(small, batch):
    before = {name: value.clone() for name, value in small.state_dict().items()}
    grown = grow(small, LARGER)
    assert largest_difference(small, grown, batch) < 1e-4
    assert {k: grown.encoder.config[k] for k in LARGER} == LARGER
    assert all(torch.equal(value, before[name]) for name, value in small.state_dict().items())


def test_two_steps_of_gradient_descent_reach_every_parameter(small, batch):
    grown = grow(small, LARGER).train()
    start = {name: value.detach().clone() for name, value in grown.named_parameters()}
    optimizer = torch.optim.SGD(grown.parameters(), lr=0.1)
    # In the first step only what was silenced hears of the loss, in the second all that is new.
    for _ in range(3):
        optimizer.zero_grad()
        (grown(grown.prepare(batch.clone())) - batch.score).square().mean().backward()
        optimizer.step()
    still = [n for n, value in grown.named_parameters() if torch.equal(value, start[n])]
    assert still == []


def test_shrinking_and_other_sizes_are_refused(small):
    with pytest.raises(ValueError, match="layers cannot shrink from 2 to 1"):
        grow(small, {"layers": 1})
    with pytest.raises(ValueError, match="channels cannot grow: only layers, hidden_channels"):
        grow(small, {"channels": 32})
    dense = DenoisingModel("cond_resnet", encoder={"channels": 8, "bottleneck": 4, "blocks": 1})
    with pytest.raises(ValueError, match="not cond_resnet"):
        grow(dense, {"layers": 9})


def test_a_run_grows_the_weights_it_starts_from(small, batch, tmp_path):
    small.save_pretrained(tmp_path)
    asked = load_config({"model": {"encoder": {"layers": 3, "channels": 16}}})
    model, config = initial_model(tmp_path, asked)
    assert config.model.encoder == {**SMALL, "layers": 3}
    assert largest_difference(small, model.eval(), batch) < 1e-4
    with pytest.raises(ConfigError, match="pair_channels=16 is not that of the weights"):
        initial_model(tmp_path, load_config({"model": {"encoder": {"pair_channels": 16}}}))
    with pytest.raises(ConfigError, match="layers=1 is not that of the weights"):
        initial_model(tmp_path, load_config({"model": {"encoder": {"layers": 1}}}))
