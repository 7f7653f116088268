"""Divisions of domains: nothing of what is judged is fitted to."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.cath.divisions import Division, divide_halves, divide_unseen, frequent
from proteingraph.errors import DatasetError


@pytest.fixture
def domains():
    """Labels and clusters of 400 domains; one label is rare, some clusters have several domains."""
    rng = np.random.default_rng(0)
    labels = rng.choice(["1.10", "2.40", "3.30"], 400)
    labels[:3] = "9.99"
    clusters = np.array([f"c{number}" for number in rng.integers(0, 250, 400)])
    clusters[3:9] = "lonely"
    labels[3:9] = "8.88"
    return labels, clusters


def assert_no_leak(division: Division, clusters):
    for first, second in (
        ("train", "judged"),
        ("fit", "inner"),
        ("fit", "judged"),
        ("inner", "judged"),
    ):
        rows = getattr(division, first), getattr(division, second)
        assert all(len(part) for part in rows)
        assert not set(clusters[rows[0]]) & set(clusters[rows[1]]), (first, second)


def test_labels_need_four_clusters(domains):
    labels, clusters = domains
    kept = frequent(labels, clusters)
    assert not kept[:9].any()  # three domains; six, but of one cluster
    assert kept[9:].all()


@pytest.mark.parametrize("seed", range(3))
def test_halves_share_no_cluster_and_know_all_labels(domains, seed):
    labels, clusters = domains
    rows = np.arange(350)
    division = divide_halves(labels, clusters, rows, seed)
    assert_no_leak(division, clusters)
    assert sorted([*division.train, *division.judged]) == list(range(9, 350))
    assert sorted([*division.fit, *division.inner]) == sorted(division.train)
    assert set(labels[division.judged]) == set(labels[division.fit]) == {"1.10", "2.40", "3.30"}
    assert 0.4 < len(division.train) / 341 < 0.6


def test_halves_are_even_label_by_label_where_no_cluster_binds():
    labels = np.repeat(np.array(["a", "b", "c"]), [4, 7, 30])
    clusters = np.arange(41).astype(str)
    division = divide_halves(labels, clusters, np.arange(41), 0)
    for label, members in (("a", 4), ("b", 7), ("c", 30)):
        assert abs(int((labels[division.judged] == label).sum()) - members / 2) <= 1
        assert (labels[division.fit] == label).any()


def test_seeds_divide_differently_and_again_alike(domains):
    labels, clusters = domains
    first, again, other = (divide_halves(labels, clusters, np.arange(400), s) for s in (0, 0, 1))
    assert np.array_equal(first.judged, again.judged)
    assert set(first.judged) != set(other.judged)


def test_unseen_domains_are_judged_by_labels_of_training(domains):
    labels, clusters = domains
    labels[360:370] = "7.77"
    train, validation, test = np.split(np.arange(400), [300, 340])
    division = divide_unseen(labels, clusters, train, validation, test, 0)
    assert_no_leak(division, clusters)
    assert set(division.train) <= set(train) and np.array_equal(division.fit, division.train)
    judged_clusters = set(clusters[test])
    assert set(division.inner) == {
        row for row in validation if clusters[row] not in judged_clusters
    }
    assert set(division.judged) == set(test) - set(range(360, 370))
    held_out = judged_clusters | set(clusters[division.inner])
    kept = [row for row in range(9, 300) if clusters[row] not in held_out]
    assert 0.3 < len(division.train) / len(kept) < 0.7


def test_too_few_domains_to_divide_are_an_error_that_says_so(domains):
    with pytest.raises(DatasetError, match="take more domains"):
        divide_halves(*domains, np.arange(9), 0)
