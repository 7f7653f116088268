"""Tests of the supervised contrastive loss."""

from __future__ import annotations

import math

import pytest
import torch

from proteingraph.tasks.contrastive import supervised_contrastive_loss


def by_hand(cosines, positive, compared, temperature: float) -> float:
    """The formula, a term at a time."""
    losses = []
    for i, row in enumerate(cosines.tolist()):
        mine = [j for j in range(len(row)) if positive[i, j]]
        total = sum(math.exp(c / temperature) for j, c in enumerate(row) if compared[i, j])
        terms = [-math.log(math.exp(row[j] / temperature) / total) for j in mine]
        if terms:
            losses.append(sum(terms) / len(terms))
    return sum(losses) / len(losses)


@pytest.fixture
def problem() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    cosines = torch.rand(5, 7, generator=generator, dtype=torch.float64) * 2 - 1
    labels = torch.tensor([0, 0, 1, 1, 2, 0, 1])
    other = torch.arange(5)[:, None] != torch.arange(7)
    return cosines, (labels[:5, None] == labels) & other, other


@pytest.mark.parametrize("temperature", [0.1, 1.0])
def test_agrees_with_the_formula(problem, temperature: float) -> None:
    cosines, positive, compared = problem
    expected = by_hand(cosines, positive, compared, temperature)
    assert float(
        supervised_contrastive_loss(cosines, positive, compared, temperature)
    ) == pytest.approx(expected, rel=1e-9)


def test_what_is_not_compared_has_no_say(problem) -> None:
    cosines, positive, compared = problem
    compared = compared & (positive | (torch.arange(7) != 4))
    loss = supervised_contrastive_loss(cosines, positive, compared)
    changed = cosines.clone()
    changed[:, 4] = 9.0  # of a class of its own, so positive for nobody
    assert float(supervised_contrastive_loss(changed, positive, compared)) == float(loss)
    assert float(supervised_contrastive_loss(changed, positive, positive | compared)) == float(loss)


def test_gradients_pull_classes_together_and_nothing_else_is_touched(problem) -> None:
    cosines, positive, compared = problem
    cosines.requires_grad_()
    supervised_contrastive_loss(cosines, positive, compared).backward()
    assert cosines.grad is not None and bool(cosines.grad.isfinite().all())
    assert bool((cosines.grad[~compared] == 0).all())
    lonely = ~positive.any(dim=1)
    assert lonely.any() and bool((cosines.grad[lonely] == 0).all())
    negative = compared & ~positive & ~lonely[:, None]
    assert bool((cosines.grad[negative] > 0).all())  # a step down the gradient drives them apart
    # Of several of a class those too far count; all that are near enough is of little weight.
    assert bool((cosines.grad.sum(dim=1).abs() < 1e-12).all())


def test_without_any_two_of_a_class_there_is_nothing_to_learn(problem) -> None:
    cosines, positive, compared = problem
    cosines.requires_grad_()
    loss = supervised_contrastive_loss(cosines, positive & False, compared)
    loss.backward()
    assert loss.item() == 0 and not cosines.grad.any()
