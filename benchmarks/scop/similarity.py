"""Similarity of domains by vectors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from proteingraph.embedding import Whitening

__all__ = ["AS_GIVEN", "POWERS", "cosine"]

POWERS = {"standardised": 0.0, "whitened": 0.7}
"""Power of `Whitening` by the name of what it does to vectors."""
AS_GIVEN = "as given"


def cosine(
    values: NDArray[np.floating],
    reference: NDArray[np.floating] | None,
    scale: str = "standardised",
) -> NDArray[np.float64]:
    """Cosines of vectors that are scaled as the vectors of a reference tell.

    Args:
        values: ``[n, D]``.
        reference: Vectors of other domains, ``[m, D]``; not needed where nothing is scaled.
        scale: One of `POWERS`, or `AS_GIVEN`, for vectors that are scaled already.
            (default: :obj:`"standardised"`)

    Returns:
        ``[n, n]``.
    """
    unit = np.asarray(values, dtype=np.float64)
    if scale != AS_GIVEN:
        assert reference is not None
        unit = Whitening.fit(reference, POWERS[scale])(unit)
    unit = unit / np.maximum(np.linalg.norm(unit, axis=1, keepdims=True), 1e-12)
    found: NDArray[np.float64] = unit @ unit.T
    return found
