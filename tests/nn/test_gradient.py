"""The gradient head: its formula, its symmetry, its derivatives."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from proteingraph.nn import EdgeGradient
from proteingraph.testing import random_rotation

PAIRS = torch.tensor([[1, 2, 0, 0], [0, 0, 1, 2]])


def head_of(channels, dtype=torch.float64, **options):
    torch.manual_seed(0)
    head = EdgeGradient(channels, **options)
    nn.init.normal_(head.network[-1].weight)
    nn.init.normal_(head.network[-1].bias)
    return head.to(dtype)


class Given(nn.Module):
    """Passes the scalars of the edges as they are."""

    def forward(self, pair):
        return pair


def test_text_and_size():
    assert str(EdgeGradient(8)) == "EdgeGradient(8, softening=1.0)"
    assert [tuple(p.shape) for p in EdgeGradient(8, 5).parameters()] == [(5, 8), (5,), (1, 5), (1,)]


def test_scalars_times_softened_differences_by_hand():
    head = EdgeGradient(1, softening=2.0)
    head.network = Given()
    pos = torch.tensor([[0.0, 0.0, 0.0], [3.0, 0.0, 0.0], [0.0, -4.0, 0.0]])
    scalars = torch.tensor([[2.0], [-1.0], [5.0], [1.0]])
    sigma = torch.tensor([0.5, 0.5, 0.25])
    # Residue 0: 2 (-3, 0, 0) / 5 and -1 (0, 4, 0) / 6, over 0.5; residue 1: 5 (3, 0, 0) / 5, over
    # 0.5; residue 2: 1 (0, -4, 0) / 6, over 0.25.
    expected = [[-2.4, -4 / 3, 0.0], [6.0, 0.0, 0.0], [0.0, -8 / 3, 0.0]]
    torch.testing.assert_close(head(scalars, PAIRS, pos, sigma), torch.tensor(expected))


def test_scalars_times_differences_as_they_are_by_hand():
    head = EdgeGradient(1, softening=None)
    assert str(head) == "EdgeGradient(1, softening=None)"
    head.network = Given()
    pos = torch.tensor([[0.0, 0.0, 0.0], [3.0, 0.0, 0.0], [0.0, -4.0, 0.0]])
    scalars = torch.tensor([[2.0], [-1.0], [5.0], [1.0]])
    expected = [[-12.0, -8.0, 0.0], [30.0, 0.0, 0.0], [0.0, -8.0, 0.0]]
    out = head(scalars, PAIRS, pos, torch.full((3,), 0.5))
    torch.testing.assert_close(out, torch.tensor(expected))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_it_starts_at_zero_and_learns(dtype):
    head = EdgeGradient(4).to(dtype)
    pos, pair = torch.randn(3, 3, dtype=dtype), torch.randn(4, 4, dtype=dtype)
    sigma = torch.ones(3, dtype=dtype)
    out = head(pair, PAIRS, pos, sigma)
    assert out.shape == (3, 3) and out.dtype == dtype and not out.any()
    ((out - 1.0) ** 2).sum().backward()
    assert head.network[-1].weight.grad.abs().sum() > 0
    nn.init.normal_(head.network[-1].weight)
    assert head(pair, PAIRS, pos, sigma).any()
    head.reset_parameters()
    assert not head(pair, PAIRS, pos, sigma).any()


def test_it_turns_with_the_structure():
    head = head_of(4)
    pos, pair = torch.randn(3, 3).double(), torch.randn(4, 4).double()
    sigma = torch.rand(3).double() + 0.1
    turn = random_rotation(torch.Generator().manual_seed(1))
    ours = head(pair, PAIRS, pos, sigma)
    theirs = head(pair, PAIRS, pos @ turn.T + 30.0, sigma)
    torch.testing.assert_close(theirs, ours @ turn.T, rtol=1e-9, atol=1e-11)


def test_derivatives_agree_with_finite_differences():
    head = head_of(3)
    torch.manual_seed(1)
    pos = torch.randn(3, 3).double().requires_grad_()
    pair = torch.randn(4, 3).double().requires_grad_()
    sigma = (torch.rand(3).double() + 0.5).requires_grad_()

    def run(pair, pos, sigma, *_):
        return head(pair, PAIRS, pos, sigma)

    assert torch.autograd.gradcheck(run, (pair, pos, sigma, *head.parameters()))
    assert torch.autograd.gradgradcheck(run, (pair, pos, sigma))


def test_coincident_residues_are_finite():
    head = head_of(3)
    pos = torch.zeros(3, 3, dtype=torch.float64, requires_grad=True)
    out = head(torch.randn(4, 3).double(), PAIRS, pos, torch.ones(3).double())
    assert not out.any()
    out.sum().backward()
    assert pos.grad.isfinite().all()


def test_residues_without_edges_get_nothing():
    head = head_of(3)
    none = torch.zeros(2, 0, dtype=torch.long)
    out = head(torch.zeros(0, 3).double(), none, torch.randn(2, 3).double(), torch.ones(2).double())
    assert out.shape == (2, 3) and not out.any()
