"""How much of what belongs together a ranking finds before its first error."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["first_hit_accuracy", "sensitivity_to_first_error"]


def sensitivity_to_first_error(
    similarity: NDArray[np.floating], relevant: NDArray[np.bool_], wrong: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Share of the relevant entries that each query ranks before the first wrong one.

    The measure of van Kempen et al., Foldseek (https://doi.org/10.1038/s41587-023-01773-0): there,
    of a protein domain, wrong is what has another SCOPe fold, and relevant is what shares the
    family; the superfamily but not the family; or the fold but not the superfamily. Entries that
    are neither, such as the query itself, are passed over. Entries of equal similarity come in
    random order: the result is the mean over all orders, so that of a constant similarity is
    exactly what chance gives.

    Args:
        similarity: Of each query to each entry, higher is nearer, ``[Q, n]``.
        relevant: Which entries a query should find, ``[Q, n]``.
        wrong: Which entries end its search, ``[Q, n]``.

    Returns:
        Shares from 0 to 1, ``[Q]``; NaN for a query without anything to find.

    Raises:
        ValueError: If the shapes differ, a similarity is NaN, or an entry is relevant and wrong.

    Example:
        >>> relevant = np.array([[False, True, True, False, True]])
        >>> wrong = np.array([[False, False, False, True, False]])
        >>> sensitivity_to_first_error(np.array([[1.0, 0.9, 0.8, 0.7, 0.6]]), relevant, wrong)
        array([0.66666667])
    """
    similarity = _checked(similarity, relevant, wrong)
    if (relevant & wrong).any():
        raise ValueError("an entry cannot be both relevant and wrong")
    first = np.where(wrong, similarity, -np.inf).max(axis=1, keepdims=True, initial=-np.inf)
    before = (relevant & (similarity > first)).sum(axis=1)
    level = similarity == first
    # Of entries in random order, each comes before all of w others in one order of w + 1.
    beside = (relevant & level).sum(axis=1) / (1 + (wrong & level).sum(axis=1))
    return _share(before + beside, relevant.sum(axis=1))


def first_hit_accuracy(
    similarity: NDArray[np.floating], relevant: NDArray[np.bool_], candidates: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Whether the most similar candidate of each query is a relevant one.

    Args:
        similarity: Of each query to each entry, higher is nearer, ``[Q, n]``.
        relevant: Which entries a query should find, ``[Q, n]``.
        candidates: Which entries it can find, usually all but itself, ``[Q, n]``.

    Returns:
        1 or 0, or among equally similar candidates the share of relevant ones, ``[Q]``; NaN for a
        query without a relevant candidate.

    Raises:
        ValueError: If the shapes differ, or a similarity is NaN.

    Example:
        >>> others = ~np.eye(2, 3, dtype=bool)
        >>> same = np.array([[True, True, False], [True, True, False]])
        >>> first_hit_accuracy(np.array([[9, 2, 1], [3, 9, 3]]), same, others)
        array([1. , 0.5])
    """
    similarity = _checked(similarity, relevant, candidates)
    nearest = np.where(candidates, similarity, -np.inf).max(axis=1, keepdims=True, initial=-np.inf)
    level = candidates & (similarity == nearest)
    share = _share((relevant & level).sum(axis=1), level.sum(axis=1))
    return np.where((relevant & candidates).any(axis=1), share, np.nan)


def _checked(similarity: NDArray[np.floating], *masks: NDArray[np.bool_]) -> NDArray[np.float64]:
    values = np.asarray(similarity, dtype=np.float64)
    shapes = [values.shape, *(mask.shape for mask in masks)]
    if values.ndim != 2 or len(set(shapes)) > 1:
        raise ValueError(f"similarity and masks must have one shape [Q, n], got {shapes}")
    if np.isnan(values).any():
        raise ValueError("similarities must be numbers, got NaN")
    return values


def _share(part: NDArray[np.floating], whole: NDArray[np.integer]) -> NDArray[np.float64]:
    share = np.full(len(whole), np.nan)
    np.divide(part, whole, out=share, where=whole > 0)
    return share
