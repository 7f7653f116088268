"""Exact choice of the smallest distances in each row of a table, on the CPU."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["nearest_columns"]

_MAGNITUDE = np.int64(2**63 - 1)
_SIGN = np.int64(-(2**63))
_INFINITY = np.float64(np.inf).view(np.int64)


def nearest_columns(
    distance: NDArray[np.float64],
    width: int,
    forced: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None,
) -> NDArray[np.int64]:
    """Find the nearest columns of each row, equal distances broken by the lower column.

    The bits of a positive float64 ascend like the number itself. Its lowest bits are replaced by
    the column, so that one selection over plain integers, which NumPy does with vector
    instructions, yields the columns in order; rows in which two distances agree in all of the
    remaining bits, or tie across the last place, are sorted again in full.

    Args:
        distance: Squared distances [M, N], not negative; infinite where there is no candidate.
        width: Number of columns to find, at most N.
        forced: Rows and columns of candidates to take whatever their distance, at most ``width``
            of each row. Default: none.

    Returns:
        Columns [M, width] in order of distance, -1 where there are fewer candidates.
    """
    rows, columns = distance.shape
    if not rows or not width:
        return np.empty((rows, width), np.int64)
    bits = columns.bit_length()
    low = np.int64((1 << bits) - 1)
    key: NDArray[Any] = distance.view(np.int64) & ~low
    key |= np.arange(columns)
    if forced is not None:
        # Negative numbers come first and, among themselves, still in order of distance.
        key[forced] |= _SIGN
    tied = np.zeros(rows, bool)
    if width < columns:
        key.partition(width, axis=1)
        beyond, key = key[:, width], key[:, :width]
        beyond = np.where((beyond & _MAGNITUDE) < _INFINITY, beyond >> bits, -1)
        tied |= key.max(axis=1) >> bits == beyond
    key = key & _MAGNITUDE
    key.sort(axis=1)
    near, found = key >> bits, key & low
    absent = near >= _INFINITY >> bits
    tied |= ((near[:, 1:] == near[:, :-1]) & ~absent[:, 1:]).any(axis=1)
    found[absent] = -1
    again = np.flatnonzero(tied)
    if again.size:
        found[again] = _sorted_in_full(distance, again, width, forced)
    return found


def _sorted_in_full(
    distance: NDArray[np.float64],
    rows: NDArray[np.int64],
    width: int,
    forced: tuple[NDArray[np.int64], NDArray[np.int64]] | None,
) -> NDArray[np.int64]:
    exact = distance[rows]
    rank = exact
    if forced is not None:
        rank = distance.copy()
        rank[forced] = -1.0
        rank = rank[rows]
    chosen = np.argsort(rank, axis=1, kind="stable")[:, :width]
    chosen.sort(axis=1)
    value = np.take_along_axis(exact, chosen, axis=1)
    order = np.argsort(value, axis=1, kind="stable")
    chosen = np.take_along_axis(chosen, order, axis=1)
    chosen[np.isinf(np.take_along_axis(value, order, axis=1))] = -1
    return chosen
