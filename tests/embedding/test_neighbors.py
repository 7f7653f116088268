"""Accuracy of nearest neighbours."""

from __future__ import annotations

import math

import numpy as np
import pytest

from proteingraph.embedding import nearest_neighbor_accuracy, standardize


def test_standardize():
    values = standardize(np.array([[1.0, 5, 0], [3.0, 5, 2]]))
    np.testing.assert_allclose(values, [[-1, 0, -1], [1, 0, 1]])


def test_by_hand():
    # Rows 0 and 1 point the same way, and rows 2 and 3.
    rows = np.array([[1.0, 1], [9, 9], [-1, -1], [-3, -3]])
    assert nearest_neighbor_accuracy(rows, ["a", "a", "b", "b"]) == (1.0, 4)
    assert nearest_neighbor_accuracy(rows, ["a", "b", "a", "b"]) == (0.0, 4)
    assert nearest_neighbor_accuracy(rows, ["a", "a", "b", "c"]) == (1.0, 2)


def test_against_a_loop():
    rng = np.random.default_rng(0)
    values, labels = rng.normal(size=(60, 5)), rng.integers(0, 12, 60).astype(str)
    unit = values
    hits = []
    for i in range(60):
        if (labels == labels[i]).sum() < 2:
            continue
        cosines = [
            -2.0 if j == i else unit[i] @ unit[j] / np.sqrt(unit[i] @ unit[i] * (unit[j] @ unit[j]))
            for j in range(60)
        ]
        hits.append(labels[int(np.argmax(cosines))] == labels[i])
    found, asked = nearest_neighbor_accuracy(values, labels.tolist())
    assert asked == len(hits)
    assert found == pytest.approx(np.mean(hits))


def test_nobody_asks():
    found, asked = nearest_neighbor_accuracy(np.eye(3), ["a", "b", "c"])
    assert math.isnan(found)
    assert asked == 0
