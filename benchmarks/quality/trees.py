"""What gradient-boosted trees tell of quality from artefacts, from packing, and from both."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor

from benchmarks.common.annotated import AnnotatedPack
from benchmarks.quality.baseline import ARTEFACT_NAMES, artefact_features, packing_features

__all__ = ["TRACKS", "predict_trees", "tree_features"]

TRACKS = {
    "artefacts": slice(0, len(ARTEFACT_NAMES)),
    "packing": slice(len(ARTEFACT_NAMES), None),
    "artefacts and packing": slice(None),
}
"""Columns of the features that each sees."""


def tree_features(models: AnnotatedPack) -> NDArray[np.float32]:
    """Artefacts and packing of every residue, ``[R, F]``; see `TRACKS`."""
    tables = [np.hstack([artefact_features(data), packing_features(data)]) for data in models]
    return np.concatenate(tables).astype(np.float32)


def predict_trees(
    known: NDArray[np.float32],
    lddt: NDArray[np.float32],
    asked: NDArray[np.float32],
    track: str,
    seed: int = 0,
) -> NDArray[np.floating[Any]]:
    """Train on the residues of some models and predict those of others.

    Args:
        known: Features of the residues trained on, ``[R, F]``.
        lddt: Their quality, ``[R]``.
        asked: Features of the residues to predict, ``[S, F]``.
        track: One of `TRACKS`.
        seed: Of the trees. (default: :obj:`0`)

    Returns:
        ``[S]``.
    """
    columns = TRACKS[track]
    trees = HistGradientBoostingRegressor(max_iter=300, random_state=seed)
    predicted: NDArray[np.floating[Any]] = trees.fit(known[:, columns], lddt).predict(
        asked[:, columns]
    )
    return predicted
