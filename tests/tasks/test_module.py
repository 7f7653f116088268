"""Tests of what supervised training optimises, and how fast."""

from __future__ import annotations

import math

import pytest
import torch
from torch_geometric.data import Batch

from proteingraph.errors import ConfigError
from proteingraph.pretrain.batches import validation_loader
from proteingraph.tasks import ProteinHead, TaskConfig
from proteingraph.tasks.batches import LabelledCrops
from proteingraph.tasks.heads import embedding_channels
from proteingraph.tasks.module import SupervisedTask

pytestmark = pytest.mark.filterwarnings("ignore:You are trying to `self.log")  # without a trainer


@pytest.fixture
def batch(domains, labels) -> Batch:
    return next(iter(validation_loader(LabelledCrops(domains, labels), 10**6)))


def make(model, **settings) -> SupervisedTask:
    head = ProteinHead(*embedding_channels(model.encoder), outputs=3)
    return SupervisedTask(model, head, TaskConfig(**settings))


@pytest.mark.parametrize(
    ("mode", "trained"), [("finetune", True), ("scratch", True), ("frozen", False)]
)
def test_gradients_reach_the_encoder_unless_it_is_frozen(model, batch, mode, trained) -> None:
    task = make(model, mode=mode)
    task.training_step(batch, 0).backward()
    # The first layers of all, as far from the loss as any.
    for layer in (task.model.encoder.node_in, task.model.encoder.edge_in):
        assert (layer.weight.grad is not None and bool(layer.weight.grad.any())) is trained
    assert bool(task.head.layers[-1].weight.grad.any())
    assert all(p.grad is None for p in task.model.gradient.parameters())


@pytest.mark.parametrize(
    ("mode", "rates"), [("finetune", [1e-2, 1e-4]), ("scratch", [1e-2, 1e-2]), ("frozen", [1e-2])]
)
def test_rates_of_head_and_encoder(model, mode: str, rates: list[float]) -> None:
    task = make(
        model, mode=mode, learning_rate=1e-2, encoder_learning_rate=1e-4, steps=40, warmup_steps=10
    )
    made = task.configure_optimizers()
    optimizer, schedule = made["optimizer"], made["lr_scheduler"]["scheduler"]
    seen = []
    for _ in range(40):
        seen.append([group["lr"] for group in optimizer.param_groups])
        optimizer.step()
        schedule.step()
    assert seen[0] == pytest.approx([rate / 10 for rate in rates])
    assert seen[20] == pytest.approx([rate / 2 for rate in rates])
    last = 0.5 * (1 + math.cos(math.pi * 39 / 40))
    assert seen[39] == pytest.approx([rate * last for rate in rates])
    trained = {p for group in optimizer.param_groups for p in group["params"]}
    assert trained == {p for p in task.parameters() if p.requires_grad}


def test_a_run_that_diverges_says_so(model, batch) -> None:
    task = make(model)
    with torch.no_grad():
        task.head.layers[-1].weight.fill_(math.inf)
    with pytest.raises(ConfigError, match="diverged at step 1"):
        task.training_step(batch, 0)


def test_the_encoder_is_left_alone_at_first(model) -> None:
    task = make(model, probe_steps=20, steps=40, warmup_steps=10, encoder_learning_rate=1e-4)
    made = task.configure_optimizers()
    schedule = made["lr_scheduler"]["scheduler"]
    rates = []
    for _ in range(40):
        rates.append(schedule.get_last_lr())
        made["optimizer"].step()
        schedule.step()
    head, encoder = zip(*rates, strict=True)
    assert not any(encoder[:20]) and all(head)
    # As another run of half the steps, from there on.
    shorter = make(model, steps=20, warmup_steps=10, encoder_learning_rate=1e-4)
    assert encoder[20] == pytest.approx(shorter._factor(0) * 1e-4)
    assert encoder[35] == pytest.approx(shorter._factor(15) * 1e-4)


@pytest.mark.parametrize(("probe_steps", "trained"), [(5, False), (0, True)])
def test_no_gradient_is_computed_for_an_encoder_left_alone(
    model, batch, probe_steps: int, trained: bool
) -> None:
    task = make(model, probe_steps=probe_steps)
    assert task.embed(batch).pair.requires_grad is trained
