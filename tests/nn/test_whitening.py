"""Scaling along principal axes."""

from __future__ import annotations

import numpy as np
import pytest

from proteingraph.embedding import standardize
from proteingraph.nn import Whitening


def correlated(n: int, seed: int = 0) -> np.ndarray:
    """Rows of four columns of very different scale, two of them much alike, and a constant one."""
    rng = np.random.default_rng(seed)
    free = rng.normal(size=(n, 4))
    free[:, 1] = free[:, 0] + 0.2 * free[:, 1]
    return np.hstack([free * [1.0, 100.0, 0.01, 5.0] + [3.0, 0.0, 7.0, -1.0], np.full((n, 1), 4.0)])


def test_full_whitening_leaves_no_correlation() -> None:
    values = correlated(500)
    white = Whitening.fit(values, power=1, shrinkage=0)(values)
    assert white.shape == (500, 4)
    np.testing.assert_allclose(white.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(np.cov(white.T, bias=True), np.eye(4), atol=1e-9)


def test_half_of_it_leaves_the_root_of_the_variance() -> None:
    values = correlated(500)
    variances = np.linalg.eigvalsh(np.corrcoef(values[:, :4].T))[::-1]
    half = Whitening.fit(values, power=0.5, shrinkage=0)(values)
    np.testing.assert_allclose(half.var(axis=0), np.sqrt(variances), rtol=1e-9)
    shrunk = Whitening.fit(values, power=1, shrinkage=0.5)(values)
    np.testing.assert_allclose(shrunk.var(axis=0), variances / (variances + 0.5), rtol=1e-9)


def test_none_of_it_standardizes() -> None:
    values = correlated(50)
    np.testing.assert_allclose(Whitening.fit(values, power=0)(values), standardize(values))


def test_the_unit_of_a_column_does_not_matter() -> None:
    reference, values = correlated(100), correlated(10, seed=1)
    scale = np.array([10.0, 0.5, 3.0, 2.0, 1.0])
    one = Whitening.fit(reference)(values)
    other = Whitening.fit(reference * scale)(values * scale)
    np.testing.assert_allclose(one @ one.T, other @ other.T, rtol=1e-6)


def test_fewer_proteins_than_columns() -> None:
    rng = np.random.default_rng(0)
    reference = rng.normal(size=(5, 30))
    white = Whitening.fit(reference, power=1, shrinkage=0)(reference)
    assert white.shape == (5, 4)  # five points about their mean span four dimensions
    np.testing.assert_allclose(white.T @ white, 5 * np.eye(4), atol=1e-9)


def test_what_cannot_be_fitted_is_refused() -> None:
    with pytest.raises(ValueError, match="m > 1"):
        Whitening.fit(np.zeros((1, 3)))
    with pytest.raises(ValueError, match="negative"):
        Whitening.fit(np.eye(3), power=-1)
    assert Whitening.fit(np.ones((3, 2)))(np.zeros((2, 2))).shape == (2, 0)
