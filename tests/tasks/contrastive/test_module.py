"""Tests of what contrastive training compares, and how fast it learns."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
import torch
from torch_geometric.data import Batch

from proteingraph.nn import Whitening
from proteingraph.tasks.contrastive import ContrastiveConfig
from proteingraph.tasks.contrastive import module as contrastive
from proteingraph.tasks.contrastive.batches import Stretches
from proteingraph.tasks.contrastive.module import ContrastiveTask
from proteingraph.tasks.contrastive.projection import Projection
from proteingraph.tasks.contrastive.run import pool_corpus

pytestmark = pytest.mark.filterwarnings("ignore:You are trying to `self.log")  # without a trainer

CLASSES = torch.arange(12) % 6
GROUPS = torch.arange(12) % 3


@pytest.fixture
def make(model, domains):
    def task(**settings) -> ContrastiveTask:
        start = Whitening.fit(pool_corpus(model, domains), columns=6)
        config = ContrastiveConfig(**settings)
        return ContrastiveTask(model, Projection(start), CLASSES, GROUPS, config, lambda *_: 0.0)

    return task


def batch(domains, rows: list[int]) -> Batch:
    crops = Stretches(domains, crop=10**6, shortest=1.0)
    return Batch.from_data_list([crops[row, row] for row in rows])


def test_remembers_what_was_embedded_and_compares_with_it(make, domains, monkeypatch) -> None:
    seen = []

    def spy(cosines, positive, compared, temperature):
        seen.append((positive, compared))
        return cosines.sum()

    monkeypatch.setattr(contrastive, "supervised_contrastive_loss", spy)
    task = make(memory=5)
    task.training_step(batch(domains, [0, 6, 1]), 0)
    task.training_step(batch(domains, [0, 3, 2]), 1)
    (_, first), (positive, compared) = seen
    assert first.shape == (3, 3)  # nothing is remembered yet
    # Others are 0, 3, 2 as they are now and 1, 6 as they were; 0 and 3 are of one group.
    assert compared.int().tolist() == [[0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [1, 1, 0, 1, 1]]
    assert positive.int().tolist() == [[0, 0, 0, 0, 1], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]]
    assert task.embedded.isfinite().nonzero().flatten().tolist() == [0, 1, 2, 3, 6]
    task.embedded -= 6
    task.training_step(batch(domains, [4, 10]), 2)
    assert seen[-1][1].shape == (2, 2)  # all else is too long ago


def test_gradients_reach_encoder_and_map_alone(make, domains) -> None:
    task = make()
    task.training_step(batch(domains, [0, 6, 1, 7]), 0).backward()
    for layer in (task.model.encoder.node_in, task.model.encoder.edge_in):
        assert layer.weight.grad is not None and bool(layer.weight.grad.any())
    assert bool(task.projection.change.grad.any())
    assert all(p.grad is None for p in task.model.gradient.parameters())


def test_lower_layers_learn_slower(make) -> None:
    task = make(learning_rate=1e-2, encoder_learning_rate=1e-3, layer_decay=0.5)
    groups = task.configure_optimizers().param_groups
    assert [group["highest"] for group in groups] == [1e-2, 1e-3, 5e-4, 2.5e-4]
    top, bottom = task.model.encoder.convs[1], task.model.encoder.convs[0]
    assert {*groups[1]["params"]} == {*top.parameters()}
    assert {*groups[2]["params"]} == {*bottom.parameters()}
    trained = [p for group in groups for p in group["params"]]
    assert len(trained) == len(set(trained))
    assert set(trained) == {p for p in task.parameters() if p.requires_grad}


def test_noise_is_on_what_is_trained_on_alone(make, domains, monkeypatch) -> None:
    task = make(noise=0.5)
    shown = []
    embed = task.model.embed

    def spy(data):
        shown.append(data.pos.clone())
        return embed(data)

    monkeypatch.setattr(task.model, "embed", spy)
    native = batch(domains, [0, 6]).pos
    task.training_step(batch(domains, [0, 6]), 0)
    task.validation_step(batch(domains, [0, 6]), 0)
    moved, still = shown
    assert float((moved - native).square().mean().sqrt()) == pytest.approx(0.5, rel=0.2)
    assert torch.equal(still, native)


def test_rates_warm_up_and_fall(make) -> None:
    task = make(steps=40, warmup_steps=10, learning_rate=1.0)

    trainer = SimpleNamespace(optimizers=[task.configure_optimizers()], global_step=0)
    task._trainer = trainer
    seen = []
    for trainer.global_step in range(40):
        task.on_train_batch_start(None, 0)
        seen.append(trainer.optimizers[0].param_groups[0]["lr"])
    assert seen[0] == pytest.approx(0.1)
    assert seen[20] == pytest.approx(0.5)
    assert seen[39] == pytest.approx(0.5 * (1 + math.cos(math.pi * 39 / 40)))
