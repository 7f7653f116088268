"""Tests of what is around residues, against sums written out."""

from __future__ import annotations

import numpy as np
import torch

from proteingraph.tasks.surroundings import DISTANCES, SurroundingsLayer, find_surroundings


def test_means_and_shape_are_the_sums_written_out(domains) -> None:
    domain = domains[0]
    pos, values = domain.pos, torch.randn(domain.pos.size(0), 3)
    assert len(pos) <= 41  # all others are among the nearest
    found = find_surroundings(pos, torch.zeros(len(pos), dtype=torch.long))
    step = (pos[None] - pos[:, None]).double().numpy()
    squared = (step**2).sum(-1)
    for place, distance in enumerate(DISTANCES):
        weight = np.exp(-squared / distance**2) * (1 - np.eye(len(pos)))
        total = weight.sum(1)
        share = weight / total[:, None]
        mean = found.mean(values)[:, 3 * place : 3 * place + 3]
        np.testing.assert_allclose(mean.numpy(), share @ values.numpy(), rtol=1e-4, atol=1e-5)
        density, one_sided = found.shape[:, 2 * place : 2 * place + 2].numpy().T
        np.testing.assert_allclose(density, np.log1p(total), rtol=1e-4)
        expected = np.linalg.norm((share[..., None] * step).sum(1), axis=-1) / distance
        np.testing.assert_allclose(one_sided, expected, rtol=1e-3, atol=1e-4)
    far, size = found.shape[:, -2:].numpy().T
    expected = np.sqrt(squared).sum(1) / (len(pos) - 1) / 10
    np.testing.assert_allclose(far, expected, rtol=1e-4)
    np.testing.assert_allclose(size, np.log(len(pos)), rtol=1e-6)


def test_residues_alone_or_far_off_have_no_surroundings() -> None:
    pos = torch.tensor([[0.0, 0, 0], [0, 0, 0], [5e3, 0, 0]])
    batch = torch.tensor([0, 1, 1])
    found = find_surroundings(pos, batch)
    assert found.mean(torch.ones(3, 4)).isfinite().all()
    assert not found.mean(torch.ones(3, 4)).any() and not found.shape[:, :-2].any()
    layer = SurroundingsLayer(4, 0.0)
    assert layer(torch.randn(3, 4), found).isfinite().all()


def test_gradients_are_those_of_finite_differences(domains) -> None:
    pos = domains[0].pos[:12]
    found = find_surroundings(pos, torch.zeros(12, dtype=torch.long))
    values = torch.randn(12, 2, requires_grad=True)
    weight = torch.randn(12, 2 * len(DISTANCES))
    (found.mean(values) * weight).sum().backward()
    for row in (0, 7):
        shifted = values.detach().clone()
        shifted[row, 1] += 1
        difference = ((found.mean(shifted) - found.mean(values)) * weight).sum()
        torch.testing.assert_close(values.grad[row, 1], difference, rtol=1e-3, atol=1e-4)
