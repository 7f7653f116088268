"""How often the nearest neighbor of an embedding has the same label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["nearest_neighbor_accuracy", "standardize"]


def standardize(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Bring each column to mean 0 and standard deviation 1; constant columns become 0.

    Args:
        values: ``[n, D]``.
    """
    values = np.asarray(values, dtype=np.float64)
    centered = values - values.mean(axis=0)
    deviation = centered.std(axis=0)
    out: NDArray[np.float64] = centered / np.where(deviation > 1e-12, deviation, np.inf)
    return out


def nearest_neighbor_accuracy(
    embeddings: NDArray[np.floating], labels: Sequence[str]
) -> tuple[float, int]:
    """Share of entries whose nearest other entry has their label.

    Nearest by the cosine of the embeddings as they are: scale them first (`Whitening`,
    `standardize`) if their columns are not alike. Entries whose label no other has do not ask, but
    can be found.

    Args:
        embeddings: ``[n, D]``.
        labels: ``[n]``.

    Returns:
        The share (NaN if nobody asks), and how many asked.

    Example:
        >>> nearest_neighbor_accuracy(np.array([[0.0, 1], [0, 2], [1, 0], [5, 0]]), list("aabb"))
        (1.0, 4)
    """
    _, kind, counts = np.unique(np.asarray(labels), return_inverse=True, return_counts=True)
    asks = counts[kind] > 1
    if not asks.any():
        return float("nan"), 0
    unit = np.asarray(embeddings, dtype=np.float64)
    unit = unit / np.maximum(np.linalg.norm(unit, axis=1, keepdims=True), 1e-12)
    cosine = unit @ unit.T
    np.fill_diagonal(cosine, -np.inf)
    hit = kind[cosine.argmax(axis=1)] == kind
    return float(hit[asks].mean()), int(asks.sum())
