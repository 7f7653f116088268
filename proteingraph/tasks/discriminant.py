"""The scale of embeddings from labelled proteins: what differs within a class counts less."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from proteingraph.nn import Whitening

__all__ = ["whiten_within_classes", "within_class_covariance"]


def within_class_covariance(values: NDArray[np.floating], labels: ArrayLike) -> NDArray[np.float64]:
    """How members of a class differ from its mean.

    A class of n members has the weight of the square root of n - 1: between that of a class, which
    would be told by its few members, and that of its members, most of whom are of few classes.

    Args:
        values: ``[n, D]``.
        labels: Number of the class of each, ``[n]``; classes of one have no say.

    Returns:
        ``[D, D]``.

    Raises:
        ValueError: If there is not one label a row, or no class has two members.

    Example:
        >>> within_class_covariance(np.array([[0.0, 1], [2, 1], [5, 5]]), [0, 0, 1])
        array([[2., 0.],
               [0., 0.]])
    """
    values = np.asarray(values, np.float64)
    kinds = np.asarray(labels)
    if kinds.shape != values.shape[:1]:
        raise ValueError(f"{kinds.shape} labels for {values.shape[:1]} rows")
    kinds, sizes = np.unique(kinds, return_inverse=True, return_counts=True)[1:]
    if not (sizes > 1).any():
        raise ValueError("no class has two members, so nothing says what differs within one")
    means = np.zeros((len(sizes), values.shape[1]))
    np.add.at(means, kinds, values)
    centred = values - (means / sizes[:, None])[kinds]
    freedom = sizes - 1.0
    weight = np.divide(1, np.sqrt(freedom), out=np.zeros(len(sizes)), where=freedom > 0)
    scaled = centred * np.sqrt(weight)[kinds, None]
    covariance: NDArray[np.float64] = scaled.T @ scaled / (weight @ freedom)
    return covariance


def whiten_within_classes(
    reference: NDArray[np.floating],
    labels: ArrayLike,
    columns: int | None = None,
    power: float = 1.0,
    shrinkage: float = 0.3,
    start: Whitening | None = None,
) -> Whitening:
    r"""Find a scale in which members of a class are near, whichever the class.

    Embeddings are whitened as a `Whitening` does; of what is left, directions in which members of a
    class differ, of variance :math:`\lambda` among them (mean over directions 1), come to
    :math:`\lambda (\lambda + s)^{-p}`. That is within-class covariance normalisation, shrunk:
    Hatch, Kajarekar & Stolcke, `"Within-class covariance normalization for SVM-based speaker
    recognition" <https://www.isca-archive.org/interspeech_2006/hatch06_interspeech.html>`_,
    Interspeech 2006.

    Args:
        reference: ``[m, D]``.
        labels: Number of the class of each, ``[m]``.
        columns: Columns to keep, those of the largest variance. (default: all)
        power: :math:`p`; 0 leaves the whitening as it is. (default: :obj:`1.0`)
        shrinkage: :math:`s`. (default: :obj:`0.3`)
        start: The whitening before. (default: half, `Whitening.fit` with a power of 0.5)

    Raises:
        ValueError: If numbers do not fit together or are negative, or no class has two members.
    """
    if power < 0 or shrinkage < 0 or (columns is not None and columns < 1):
        raise ValueError(
            f"power and shrinkage must not be negative, columns above 0, got {power}, {shrinkage}, "
            f"{columns}"
        )
    start = Whitening.fit(reference, 0.5, 0.03) if start is None else start
    values = start(reference)
    spread, axes = np.linalg.eigh(within_class_covariance(values, labels))
    scaled = axes * (np.maximum(spread, 0) / spread.mean() + shrinkage) ** (-power / 2)
    values = values @ scaled
    # Turned so that few columns tell most of every cosine.
    turn = np.linalg.eigh(values.T @ values)[1][:, ::-1][:, :columns]
    return Whitening(start.mean, start.axes @ scaled @ turn)
