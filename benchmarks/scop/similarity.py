"""Similarity of domains by vectors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from proteingraph.embedding.whitening import Whitening

__all__ = ["POWERS", "cosine"]

POWERS = {"standardised": 0.0, "whitened": 0.5}
"""Power of `Whitening` by the name of what it does to vectors."""


def cosine(
    values: NDArray[np.floating],
    reference: NDArray[np.floating],
    scale: str = "standardised",
) -> NDArray[np.float64]:
    """Cosines of vectors that are scaled as the vectors of a reference tell.

    Args:
        values: ``[n, D]``.
        reference: Vectors of other domains, ``[m, D]``.
        scale: One of `POWERS`. (default: :obj:`"standardised"`)

    Returns:
        ``[n, n]``.
    """
    unit = Whitening.fit(reference, POWERS[scale])(values)
    unit /= np.maximum(np.linalg.norm(unit, axis=1, keepdims=True), 1e-12)
    found: NDArray[np.float64] = unit @ unit.T
    return found
