"""Figure of embeddings in two dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from proteingraph.viz.drawing import drawing

__all__ = ["plot_embedding_map"]


def plot_embedding_map(
    embeddings: NDArray[np.floating],
    labels: Sequence[str],
    path: str | PathLike[str] | None = None,
    title: str = "",
    axes: Axes | None = None,
) -> Axes:
    """Draw the first two principal components of embeddings, coloured by label.

    Args:
        embeddings: ``[n, D]``, two rows at least.
        labels: ``[n]``; drawn and named in sorted order.
        path: Image to write; its suffix says which kind. (default: writes none)
        title: Title of the figure. (default: none)
        axes: Axes to draw into. (default: those of a new figure)

    Returns:
        The axes.

    Raises:
        ValueError: If there are fewer than two embeddings.
    """
    if len(embeddings) < 2:
        raise ValueError(f"a map needs two embeddings at least, got {len(embeddings)}")
    values = np.asarray(embeddings, dtype=np.float64) - np.mean(embeddings, axis=0)
    left, scale, _ = np.linalg.svd(values, full_matrices=False)
    plane = left[:, :2] * scale[:2]
    share = scale[:2] ** 2 / max((scale**2).sum(), 1e-12)
    plane = np.pad(plane, ((0, 0), (0, 2 - plane.shape[1])))
    share = np.pad(share, (0, 2 - len(share)))
    names = np.asarray(labels)
    with drawing(path, axes, (6, 5)) as axes:
        for number, name in enumerate(sorted(set(labels))):
            rows = names == name
            axes.scatter(
                plane[rows, 0],
                plane[rows, 1],
                s=12,
                color=f"C{number % 10}",
                alpha=0.8,
                label=name,
                lw=0,
            )
        axes.set(
            title=title,
            xlabel=f"component 1 ({share[0]:.0%} of variance)",
            ylabel=f"component 2 ({share[1]:.0%})",
        )
        axes.legend(frameon=False, markerscale=1.5)
    return axes
