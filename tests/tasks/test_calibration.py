"""Tests of calibration: of scores, and errors of means, that are wrong in a known way."""

from __future__ import annotations

import pytest
import torch

from proteingraph.tasks.calibration import Calibration, fit_calibration, fit_interval
from proteingraph.tasks.metrics import measure
from proteingraph.tasks.target import Target

BINARY = Target(kind="binary")
CLASSES = Target(kind="multiclass", classes=["a", "b", "c"])


def draw(logits: torch.Tensor) -> torch.Tensor:
    """Labels that have the probabilities of the logits."""
    generator = torch.Generator().manual_seed(4)
    if logits.size(1) == 1:
        return torch.bernoulli(logits[:, 0].sigmoid(), generator=generator)
    return torch.multinomial(logits.softmax(dim=-1), 1, generator=generator)[:, 0]


@pytest.mark.parametrize("target", [BINARY, CLASSES])
def test_finds_the_temperature(target: Target) -> None:
    torch.manual_seed(1)
    true = 1.5 * torch.randn(20_000, target.outputs)
    labels = draw(true)
    found = fit_calibration(target, 3 * true, labels)
    assert found.temperature == pytest.approx(3, rel=0.05)
    assert not found.shift
    before, after = (
        measure(target, target.values(scores), labels)["ece"]
        for scores in (3 * true, found(3 * true))
    )
    assert after < 0.02 < before


def test_undoes_the_shift_of_weights_of_classes() -> None:
    torch.manual_seed(1)
    true = torch.randn(20_000, 1) - 2
    found = fit_calibration(BINARY, 2 * (true + 2), draw(true), shifted=True)
    torch.testing.assert_close(found(2 * (true + 2)), true, atol=0.15, rtol=0.05)


def test_values_and_single_classes_are_left_alone() -> None:
    values = fit_calibration(Target(kind="regression"), torch.randn(9, 1), torch.randn(9))
    assert values == Calibration() == fit_calibration(BINARY, torch.randn(9, 1), torch.ones(9))


def test_classes_told_apart_without_a_mistake_have_a_finite_temperature() -> None:
    labels = torch.tensor([0.0, 1] * 20)
    found = fit_calibration(BINARY, 5 * (2 * labels - 1)[:, None], labels)
    assert 0.05 <= found.temperature < 1


def test_the_interval_covers_new_items_as_often_as_it_says() -> None:
    generator = torch.Generator().manual_seed(2)
    true = torch.rand(4000, generator=generator)
    predicted = true + 0.1 * torch.randn(4000, generator=generator)
    found = fit_interval(predicted[:2000], true[:2000])
    assert found is not None and found.level == 0.9
    assert found.half_width == pytest.approx(0.1645, rel=0.05)  # of a normal error
    inside = (predicted[2000:] - true[2000:]).abs() <= found.half_width
    assert float(inside.float().mean()) == pytest.approx(0.9, abs=0.02)


@pytest.mark.parametrize(
    ("count", "level", "half_width"),
    [(9, 0.9, 9.0), (10, 0.9, 10.0), (19, 0.9, 18.0), (3, 0.5, 2.0), (8, 0.9, None), (5, 1, None)],
)
def test_rank_of_the_interval(count: int, level: float, half_width: float | None) -> None:
    errors = torch.arange(1.0, count + 1).flip(0)
    found = fit_interval(errors, torch.zeros(count), level)
    assert (None if found is None else found.half_width) == half_width
