"""Classifiers on frozen vectors: settings chosen on inner validation, judged once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.cath.divisions import Division

__all__ = ["judge", "judge_most_frequent"]

PENALTIES = (0.01, 0.1, 1.0, 10.0)
NEIGHBORS = (1, 5)


def judge(
    vectors: NDArray[np.floating], labels: NDArray[np.str_], division: Division
) -> dict[str, tuple[float, float]]:
    """Choose a setting of each classifier by its macro-F1, fit it and judge it.

    Args:
        vectors: ``[n, D]``, of all domains.
        labels: ``[n]``, of all domains.
        division: Which are fitted to and which judged.

    Returns:
        Accuracy and macro-F1 on the domains judged, for ``"linear"`` and ``"neighbors"``.
    """
    metric = "cosine" if vectors.shape[1] > 1 else "euclidean"
    candidates: dict[str, list[Any]] = {
        "linear": [LogisticRegression(C=c, max_iter=1000) for c in PENALTIES],
        "neighbors": [
            KNeighborsClassifier(k, weights="distance", metric=metric)
            for k in NEIGHBORS
            if k <= len(division.fit)
        ],
    }

    def fitted(classifier: Any, rows: NDArray[np.int64]) -> Any:
        return make_pipeline(StandardScaler(), classifier).fit(vectors[rows], labels[rows])

    inner, judged = division.inner, division.judged
    out = {}
    for name, choices in candidates.items():
        # By F1: accuracy follows the commonest label, which need not be that of those judged.
        inner_f1 = [
            _figures(labels[inner], fitted(choice, division.fit).predict(vectors[inner]))[1]
            for choice in choices
        ]
        best = fitted(choices[int(np.argmax(inner_f1))], division.train)
        out[name] = _figures(labels[judged], best.predict(vectors[judged]))
    return out


def judge_most_frequent(labels: NDArray[np.str_], division: Division) -> tuple[float, float]:
    """Accuracy and macro-F1 of predicting the most frequent label."""
    names, counts = np.unique(labels[division.train], return_counts=True)
    truth = labels[division.judged]
    return _figures(truth, np.full(len(truth), names[counts.argmax()]))


def _figures(truth: NDArray[np.str_], predicted: NDArray[np.str_]) -> tuple[float, float]:
    """Accuracy, and F1 as the mean over the labels that occur in the truth."""
    f1 = f1_score(truth, predicted, labels=np.unique(truth), average="macro", zero_division=0)
    return float(accuracy_score(truth, predicted)), float(f1)
