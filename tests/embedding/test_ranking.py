"""Sensitivity up to the first error, and accuracy of the first hit."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from proteingraph.embedding.ranking import first_hit_accuracy, sensitivity_to_first_error


def masks(*rows: str) -> tuple[np.ndarray, np.ndarray]:
    """Relevant (`+`) and wrong (`-`) entries of each query, and those that are neither (`.`)."""
    letters = np.array([list(row) for row in rows])
    return letters == "+", letters == "-"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("+++---", 1.0),
        ("+-++--", 1 / 3),
        ("-+++++", 0.0),
        (".+.+-+", 2 / 3),
        ("++....", 1.0),
        ("......", np.nan),
        ("------", np.nan),
    ],
)
def test_by_hand(row: str, expected: float) -> None:
    relevant, wrong = masks(row)
    similarity = np.array([[6.0, 5, 4, 3, 2, 1]])
    found = sensitivity_to_first_error(similarity, relevant, wrong)
    np.testing.assert_allclose(found, [expected])
    order = np.random.default_rng(0).permutation(6)  # where an entry stands in the row says nothing
    shuffled = (values[:, order] for values in (similarity, relevant, wrong))
    np.testing.assert_allclose(sensitivity_to_first_error(*shuffled), [expected])


def test_each_query_has_its_own_first_error() -> None:
    relevant, wrong = masks("++-", "-++", "+..")
    similarity = np.array([[3.0, 1, 2], [1, 3, 2], [-np.inf, 0, 0]])
    np.testing.assert_allclose(
        sensitivity_to_first_error(similarity, relevant, wrong), [0.5, 1.0, 1.0]
    )


@pytest.mark.parametrize("row", ["++-", "+--", "++--", "+.+-", "+++"])
def test_ties_are_the_mean_over_all_orders(row: str) -> None:
    relevant, wrong = masks(row)
    strict = [
        sensitivity_to_first_error(np.array([order], dtype=float), relevant, wrong)
        for order in permutations(range(len(row)))
    ]
    tied = sensitivity_to_first_error(np.full(relevant.shape, 0.5), relevant, wrong)
    np.testing.assert_allclose(tied, np.mean(strict, axis=0))


def test_against_walks_down_the_lists() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 5, 40)
    relevant = (labels == labels[:, None]) & ~np.eye(40, dtype=bool)
    wrong = labels != labels[:, None]
    similarity = rng.normal(size=(40, 40))
    expected = []
    for query in range(40):
        found = 0
        for hit in np.argsort(-similarity[query]):
            if wrong[query, hit]:
                break
            found += relevant[query, hit]
        expected.append(found / relevant[query].sum())
    np.testing.assert_allclose(sensitivity_to_first_error(similarity, relevant, wrong), expected)


def test_first_hit_by_hand() -> None:
    relevant = np.array([[True, True, False], [True, True, False], [False, False, True]])
    similarity = np.array([[9.0, 1, 2], [2, 9, 1], [1, 2, 3]])
    others = ~np.eye(3, dtype=bool)
    np.testing.assert_allclose(first_hit_accuracy(similarity, relevant, others), [0.0, 1.0, np.nan])
    tied = first_hit_accuracy(np.zeros((3, 3)), relevant, others)
    np.testing.assert_allclose(tied, [0.5, 0.5, np.nan])


def test_no_entries() -> None:
    none = np.zeros((2, 0), dtype=bool)
    assert np.isnan(sensitivity_to_first_error(np.zeros((2, 0)), none, none)).all()
    assert np.isnan(first_hit_accuracy(np.zeros((2, 0)), none, none)).all()


def test_what_cannot_be_ranked_is_refused() -> None:
    relevant, wrong = masks("+-")
    with pytest.raises(ValueError, match="one shape"):
        sensitivity_to_first_error(np.zeros((1, 3)), relevant, wrong)
    with pytest.raises(ValueError, match="one shape"):
        first_hit_accuracy(np.zeros(2), relevant[0], wrong[0])
    with pytest.raises(ValueError, match="NaN"):
        sensitivity_to_first_error(np.array([[1.0, np.nan]]), relevant, wrong)
    with pytest.raises(ValueError, match="both"):
        sensitivity_to_first_error(np.zeros((1, 2)), relevant, relevant)
