"""Tests of how far outputs and predictions differ between networks."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from proteingraph.errors import WeightsError
from proteingraph.pretrain import DenoisingModel
from proteingraph.tasks import Target, TaskConfig, TaskModel
from proteingraph.tasks.heads import make_head
from proteingraph.tasks.module import SupervisedTask
from proteingraph.zoo.change import halve, output_change, prediction_change


def test_matrices_are_halved() -> None:
    state = {"matrix": torch.full((2, 2), 0.1), "vector": torch.full((2,), 0.1)}
    state["count"] = torch.tensor([[70_000]])
    halved = halve(state, Path("file"))
    assert torch.equal(halved["matrix"], state["matrix"].half())
    assert halved["vector"] is state["vector"] and halved["count"] is state["count"]
    with pytest.raises(WeightsError, match="file: matrix has values too large"):
        halve({"matrix": torch.full((2, 2), 1e5)}, Path("file"))


def test_the_same_network_does_not_change(weights: Path) -> None:
    model = DenoisingModel.from_pretrained(weights)
    assert output_change(model, DenoisingModel.from_pretrained(weights)) == 0


def test_predictions_of_a_changed_head(trained: Path) -> None:
    task, other = TaskModel.from_pretrained(trained), TaskModel.from_pretrained(trained)
    assert prediction_change(task, other) == 0
    with torch.no_grad():
        other.task.head.layers[-1].bias += 0.1
    values, shift = task.target.values, torch.tensor([[0.1]])
    # Of predictions near one half: the slope of the logistic function there is a quarter.
    near = float(values(shift) / values(torch.zeros(1, 1)) - 1)
    assert prediction_change(task, other) == pytest.approx(near, rel=0.5)


def test_further_features_are_looked_at(weights: Path) -> None:
    model = DenoisingModel.from_pretrained(weights)

    def make() -> TaskModel:
        torch.manual_seed(0)
        head = make_head("residue", model.encoder, 1, 0, 0.0, 2)
        target, config = Target(name="site"), TaskConfig(hidden=0)
        task = SupervisedTask(model, head, config, target).eval()
        return TaskModel(task, features=("a", "b"))

    task, other = make(), make()
    assert prediction_change(task, other) == 0
    with torch.no_grad():
        other.task.head.projection.linear.weight[:, 1] += 1
    assert prediction_change(task, other) > 0.01
