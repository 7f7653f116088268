"""Relations by SCOPe code, and what is counted of a ranking."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.scop.relations import Relations
from benchmarks.scop.similarity import cosine

CODES = ["a.1.1.1", "a.1.1.1", "a.1.1.2", "a.1.2.1", "b.1.1.1", "a.11.1.1"]


def found(mask: np.ndarray) -> list[int]:
    return np.flatnonzero(mask).tolist()


def test_each_level_excludes_nearer_relatives() -> None:
    relations = Relations(CODES, [0, 4])
    assert [found(relations.relevant[level][0]) for level in ("family", "superfamily", "fold")] == [
        [1],
        [2],
        [3],
    ]
    assert found(relations.wrong[0]) == [4, 5]
    assert found(relations.superfamily[0]) == [1, 2]
    assert not any(mask[1].any() for mask in relations.relevant.values())
    assert relations.count() == {"family": 1, "superfamily": 1, "fold": 1, "top1": 1}


def test_judged_by_hand() -> None:
    relations = Relations(CODES, [0])
    #                        itself, family, superfamily, then another fold, then the fold
    similarity = np.array([[9.0, 5.0, 4.0, 2.0, 3.0, 1.0]])
    assert relations.judge(similarity) == {
        "family": 1.0,
        "superfamily": 1.0,
        "fold": 0.0,
        "top1": 1.0,
    }
    wrong_first = np.array([[9.0, 5.0, 4.0, 2.0, 8.0, 1.0]])
    assert set(relations.judge(wrong_first).values()) == {0.0}
    # In a random order, each relative comes before both wrong ones in a third of the cases, and
    # two of the five others are of the superfamily.
    chance = relations.judge(np.zeros((1, 6)))
    assert chance == pytest.approx(
        {"family": 1 / 3, "superfamily": 1 / 3, "fold": 1 / 3, "top1": 2 / 5}
    )


def test_means_are_over_queries_that_have_something_to_find() -> None:
    relations = Relations(CODES)
    assert relations.count() == {"family": 2, "superfamily": 3, "fold": 4, "top1": 3}
    same = np.array([[float(a == b) for a in CODES] for b in CODES])
    assert relations.judge(same)["family"] == 1.0
    assert math.isnan(Relations(["a.1.1.1", "b.1.1.1"]).judge(np.zeros((2, 2)))["fold"])


def test_cosine_of_what_differs_from_the_usual() -> None:
    usual = np.array([[1.0, 10.0, 7.0], [3.0, 30.0, 7.0]])  # mean 2, 20; deviation 1, 10
    values = np.array([[3.0, 20.0, 0.0], [2.0, 30.0, 1.0], [3.0, 30.0, 2.0], [1.0, 20.0, 7.0]])
    half = 1 / math.sqrt(2)
    np.testing.assert_allclose(
        cosine(values, usual),
        [[1, 0, half, -1], [0, 1, half, 0], [half, half, 1, -half], [-1, 0, -half, 1]],
        atol=1e-12,
    )
