"""Tests of targets: which labels they take, and what they ask of scores."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from proteingraph.errors import DatasetError
from proteingraph.tasks.target import Target, label_weights

ONE = torch.ones(())
CLASSES = Target(level="protein", kind="multiclass", classes=["a", "b", "c"])
NAN = float("nan")


def test_labels_that_are_absent() -> None:
    binary, values = Target(kind="binary"), Target(kind="regression")
    assert binary.labelled(binary.encode([0, 1, -1, NAN])).tolist() == [True, True, False, False]
    assert CLASSES.encode([2, -1, NAN]).tolist() == [2, -1, -1]
    assert values.labelled(values.encode([-1, NAN])).tolist() == [True, False]


@pytest.mark.parametrize(
    ("target", "labels"),
    [
        (Target(kind="binary"), [0, 2]),
        (Target(kind="binary"), [0.5]),
        (CLASSES, [3]),
        (CLASSES, [-2]),
        (Target(kind="regression", bounded=True), [1.2]),
    ],
)
def test_labels_that_cannot_be(target: Target, labels: list[float]) -> None:
    with pytest.raises(DatasetError, match="label must be"):
        target.encode(labels)


@pytest.mark.parametrize(
    "settings",
    [
        {"kind": "multiclass"},
        {"kind": "multiclass", "classes": ["a", "a"]},
        {"kind": "binary", "classes": ["a", "b"]},
        {"kind": "binary", "bounded": True},
        {"level": "atom"},
    ],
)
def test_settings_that_contradict_each_other(settings) -> None:
    with pytest.raises(ValidationError):
        Target(**settings)


def test_loss_is_smallest_at_the_mean_of_bounded_values() -> None:
    target = Target(kind="regression", bounded=True)
    labels = torch.tensor([0.2, 0.6, 0.7])
    score = torch.zeros(1, requires_grad=True)
    for _ in range(300):
        loss = target.loss(score.expand(3)[:, None], labels, ONE[None], ONE)
        (gradient,) = torch.autograd.grad(loss, score)
        score = (score - 5 * gradient).detach().requires_grad_()
    assert target.values(score[:, None]).item() == pytest.approx(0.5, abs=1e-3)


def test_weights_make_classes_count_alike() -> None:
    labels = torch.tensor([0, 0, 0, 0, 0, 0, 1, 1, 2, -1])
    weights = label_weights(CLASSES, labels, balance=1.0)
    torch.testing.assert_close(weights * torch.tensor([6.0, 2, 1]), torch.full((3,), 3.0))
    assert label_weights(CLASSES, labels, balance=0.0).tolist() == [1, 1, 1]
    binary = Target(kind="binary")
    assert label_weights(binary, torch.tensor([0.0, 0, 0, 1, NAN]), 1.0).tolist() == [3]


def test_nothing_labelled_is_no_loss_and_no_gradient() -> None:
    scores = torch.randn(0, 3, requires_grad=True)
    loss = CLASSES.loss(scores, torch.zeros(0, dtype=torch.long), torch.ones(3), ONE)
    loss.backward()
    assert float(loss.detach()) == 0.0
    assert np.isfinite(scores.grad.numpy()).all()
