"""Tests of learning rates by layer."""

from __future__ import annotations

import pytest

from proteingraph.errors import ConfigError
from proteingraph.pretrain import DenoisingModel
from proteingraph.tasks import TaskConfig
from proteingraph.tasks.heads import make_head
from proteingraph.tasks.rates import layer_depths, parameter_groups


def groups(model: DenoisingModel, **settings):
    head = make_head("residue", model.encoder, 1, 8, 0.0)
    config = TaskConfig(learning_rate=1e-2, encoder_learning_rate=1e-3, **settings)
    return head, parameter_groups(head, model.encoder, config)


def test_rates_fall_from_layer_to_layer(model) -> None:
    head, made = groups(model, layer_decay=0.5)
    assert [group["lr"] for group in made] == pytest.approx([1e-2, 1e-3, 5e-4, 2.5e-4])
    ids = [{id(p) for p in group["params"]} for group in made]
    assert ids[0] == {id(p) for p in head.parameters()}
    assert {id(p) for p in model.encoder.convs[1].parameters()} < ids[1]
    assert ids[2] == {id(p) for p in model.encoder.convs[0].parameters()}
    assert id(model.encoder.node_in.weight) in ids[3]
    everything = {id(p) for p in model.encoder.parameters()}
    assert set.union(*ids[1:]) == everything
    assert sum(map(len, ids[1:])) == len(everything)  # none twice


def test_layers_are_alike_from_scratch(model) -> None:
    _, made = groups(model, layer_decay=0.5, mode="scratch")
    assert [group["lr"] for group in made] == [1e-2, 1e-2]
    assert len(groups(model, layer_decay=0.5, mode="frozen")[1]) == 1


def test_every_parameter_has_a_depth(model) -> None:
    depths = layer_depths(model.encoder)
    assert set(depths) == {name for name, _ in model.encoder.named_parameters()}
    assert set(depths.values()) == {0, 1, 2}


def test_the_dense_network_has_no_such_layers() -> None:
    sizes = {"channels": 8, "bottleneck": 4, "blocks": 1}
    with pytest.raises(ConfigError, match="layer_decay"):
        groups(DenoisingModel("cond_resnet", encoder=sizes), layer_decay=0.5)
