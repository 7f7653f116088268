"""Tests of the scale of embeddings from labelled proteins."""

from __future__ import annotations

import numpy as np
import pytest

from proteingraph.nn import Whitening
from proteingraph.tasks.discriminant import whiten_within_classes, within_class_covariance


@pytest.fixture
def problem() -> tuple[np.ndarray, np.ndarray]:
    """Twenty classes of five that differ in eight columns; four others differ within them, much."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(20), 5)
    values = rng.normal(size=(100, 12)) * ([0.3] * 8 + [3.0] * 4)
    values[:, :8] += rng.normal(size=(20, 8))[labels]
    return values @ np.linalg.qr(rng.normal(size=(12, 12)))[0] + 5, labels


def nearest_is_of_the_class(vectors: np.ndarray, labels: np.ndarray) -> float:
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -1)
    return float(np.mean(labels[cosines.argmax(axis=1)] == labels))


def test_covariance_of_equal_classes_is_the_pooled_one(problem) -> None:
    values, labels = problem
    each = [np.cov(values[labels == kind].T) for kind in range(20)]
    np.testing.assert_allclose(within_class_covariance(values, labels), np.mean(each, axis=0))


def test_covariance_weighs_classes_by_the_root_of_what_they_tell() -> None:
    values = np.array([0.0, 2.0, 10.0, 12.0, 14.0, 16.0, 18.0, 99.0])[:, None]
    labels = [7, 7, 3, 3, 3, 3, 3, 5]
    # 2 with one degree of freedom, 10 with four; the third class has none.
    expected = (1 * 2 + 2 * 10) / (1 + 2)
    np.testing.assert_allclose(within_class_covariance(values, labels), [[expected]])


def test_members_of_a_class_come_near(problem) -> None:
    values, labels = problem
    plain = nearest_is_of_the_class(Whitening.fit(values)(values), labels)
    scaled = whiten_within_classes(values, labels, power=1.0, shrinkage=0.0)(values)
    assert nearest_is_of_the_class(scaled, labels) > plain + 0.2


def test_whole_normalisation_leaves_the_same_spread_in_all_directions(problem) -> None:
    values, labels = problem
    scaled = whiten_within_classes(values, labels, power=1.0, shrinkage=0.0)(values)
    within = within_class_covariance(scaled, labels)
    np.testing.assert_allclose(within, np.eye(12) * within[0, 0], atol=1e-9)


def test_without_power_it_is_the_whitening_before(problem) -> None:
    values, labels = problem
    before = Whitening.fit(values, 0.7, 0.1)
    after = whiten_within_classes(values, labels, power=0.0, start=before)
    gram = (before(values) @ before(values).T, after(values) @ after(values).T)
    np.testing.assert_allclose(*gram, atol=1e-9)  # turned, which no cosine sees
    half = whiten_within_classes(values, labels, power=0.0)(values)
    expected = Whitening.fit(values, 0.5, 0.03)(values)
    np.testing.assert_allclose(half @ half.T, expected @ expected.T, atol=1e-9)


def test_the_first_columns_vary_most(problem) -> None:
    values, labels = problem
    every, few = (whiten_within_classes(values, labels, columns) for columns in (None, 2))
    assert few.axes.shape == (12, 2)
    np.testing.assert_allclose(every.axes[:, :2], few.axes)
    variance = (every(values) ** 2).mean(axis=0)
    assert (np.diff(variance) < 0).all()


def test_what_tells_nothing_is_refused(problem) -> None:
    values, labels = problem
    with pytest.raises(ValueError, match="no class has two members"):
        within_class_covariance(values, np.arange(100))
    with pytest.raises(ValueError, match=r"\(3,\) labels for \(100,\) rows"):
        within_class_covariance(values, labels[:3])
    for wrong in ({"power": -1.0}, {"shrinkage": -0.1}, {"columns": 0}):
        with pytest.raises(ValueError, match="must not be negative, columns above 0"):
            whiten_within_classes(values, labels, **wrong)
