"""Classifiers on frozen vectors."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.cath.divisions import divide_halves
from benchmarks.cath.probes import judge, judge_most_frequent


@pytest.fixture(scope="module")
def labels():
    return np.repeat(np.array(["a", "b", "c"]), [60, 40, 20])


@pytest.fixture(scope="module")
def division(labels):
    return divide_halves(labels, np.arange(120).astype(str), np.arange(120), 0)


def test_what_is_plain_is_learnt_and_noise_is_not(labels, division):
    rng = np.random.default_rng(0)
    kinds = np.unique(labels, return_inverse=True)[1]
    plain = np.eye(3)[kinds] + rng.normal(0, 0.1, (120, 3))
    noise = rng.normal(size=(120, 20))
    assert judge(plain, labels, division) == {"linear": (1.0, 1.0), "neighbors": (1.0, 1.0)}
    for accuracy, f1 in judge(noise, labels, division).values():
        assert 0.1 < accuracy < 0.7 and 0.1 < f1 < 0.6


def test_a_single_number_is_judged_by_its_differences(labels, division):
    kinds = np.unique(labels, return_inverse=True)[1]
    # Standardized, the second and third are both above 0: no cosine tells them apart.
    line = 10.0 * kinds[:, None] + np.random.default_rng(0).normal(size=(120, 1))
    assert judge(line, labels, division)["neighbors"] == (1.0, 1.0)


def test_truth_of_the_judged_is_not_looked_at(labels, division):
    vectors = np.random.default_rng(1).normal(size=(120, 5))
    hidden = labels.copy()
    hidden[division.judged] = "z"
    assert judge(vectors, hidden, division) == {"linear": (0.0, 0.0), "neighbors": (0.0, 0.0)}


def test_most_frequent_label_by_hand(labels, division):
    accuracy, f1 = judge_most_frequent(labels, division)
    share = (labels[division.judged] == "a").mean()
    assert accuracy == pytest.approx(share) and 0.45 < share < 0.55
    assert f1 == pytest.approx(2 * share / (1 + share) / 3)
