"""The scale of embeddings: directions in which proteins usually differ count less."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Whitening"]


@dataclass(frozen=True, eq=False)
class Whitening:
    """Centres embeddings and scales them along the principal axes of a reference.

    A few directions in which most proteins differ, such as the share of helix, dominate the cosine
    of embeddings; scaled down, finer differences tell relatives apart.

    Attributes:
        mean: Means of the reference, ``[D]``.
        axes: Scaled axes, ``[D, K]``.
    """

    mean: NDArray[np.float64]
    axes: NDArray[np.float64]

    @classmethod
    def fit(
        cls,
        reference: NDArray[np.floating],
        power: float = 0.7,
        shrinkage: float = 0.1,
        columns: int | None = None,
    ) -> Whitening:
        r"""Find mean and axes of embeddings of proteins, whose labels need not be known.

        Columns are brought to standard deviation 1 (constant ones are left out), and their
        principal axes to the variance :math:`\lambda^{1-p}`, where it was :math:`\lambda`.

        Args:
            reference: ``[m, D]``.
            power: :math:`p`: 1 gives all axes the same variance, 0 leaves them as they are.
                (default: :obj:`0.7`)
            shrinkage: Added to each :math:`\lambda`, whose mean is 1, lest axes of little but noise
                are magnified. (default: :obj:`0.1`)
            columns: Principal axes to keep, those of the largest variance; not with a power of 0,
                which has none. (default: all)

        Raises:
            ValueError: If there are not two embeddings to compare, a number is negative, or axes
                are to be kept that are not computed.
        """
        values = np.asarray(reference, dtype=np.float64)
        if values.ndim != 2 or len(values) < 2:
            raise ValueError(f"the reference must be [m, D] with m > 1, got {values.shape}")
        if power < 0 or shrinkage < 0:
            raise ValueError(f"power and shrinkage must not be negative, got {power}, {shrinkage}")
        if columns is not None and (columns < 1 or power == 0):
            raise ValueError(f"cannot keep {columns} axes with a power of {power}")
        mean, deviation = values.mean(axis=0), values.std(axis=0)
        inverse = np.divide(1, deviation, out=np.zeros_like(deviation), where=deviation > 1e-12)
        if power == 0:
            return cls(mean, np.diag(inverse))
        _, singular, rows = np.linalg.svd((values - mean) * inverse, full_matrices=False)
        known = singular > 1e-9 * singular.max(initial=1e-12)
        rows, singular = rows[known][:columns], singular[known][:columns]
        spread = singular**2 / len(values) + shrinkage
        return cls(mean, inverse[:, None] * rows.T * spread ** (-power / 2))

    def __call__(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """Scale embeddings ``[n, D]``: ``[n, K]``."""
        out: NDArray[np.float64] = (np.asarray(values, np.float64) - self.mean) @ self.axes
        return out
