"""Tests of the learnt map of pooled embeddings."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from proteingraph.nn import Whitening
from proteingraph.tasks.contrastive.projection import Projection


@pytest.fixture
def pooled() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(30, 5)) * [1, 2, 3, 4, 5] + 7


def unit(values: np.ndarray) -> np.ndarray:
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def test_starts_as_the_map_it_is_made_of(pooled) -> None:
    start = Whitening.fit(pooled, columns=3)
    projection = Projection(start)
    mapped = projection(torch.from_numpy(pooled).float()).detach().numpy()
    np.testing.assert_allclose(mapped, unit(start(pooled)), atol=1e-5)
    assert str(projection) == "Projection(5, 3)"


def test_what_was_learnt_is_an_affine_map(pooled) -> None:
    projection = Projection(Whitening.fit(pooled))
    with torch.no_grad():
        projection.change.copy_(torch.randn(5, 5, generator=torch.Generator().manual_seed(1)))
    projection.follow(torch.from_numpy(pooled).float() + 3, share=0.5)
    mapped = projection(torch.from_numpy(pooled).float()).detach().numpy()
    np.testing.assert_allclose(unit(projection.whitening()(pooled)), mapped, atol=1e-5)


def test_the_centre_follows(pooled) -> None:
    projection = Projection(Whitening.fit(pooled))
    before = projection.mean.clone()
    projection.follow(torch.from_numpy(pooled).float() + 10, share=0.25)
    torch.testing.assert_close(projection.mean, before + 2.5)
    assert [name for name, _ in projection.named_parameters()] == ["change"]
