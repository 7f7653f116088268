"""Divisions of domains into those a classifier is fitted to and those it is judged on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from proteingraph.errors import DatasetError

__all__ = ["Division", "divide_halves", "divide_unseen", "frequent"]

SMALLEST = 4

Rows = NDArray[np.int64]
Texts = NDArray[np.str_]


@dataclass(frozen=True, eq=False)
class Division:
    """Rows of domains by what they are for; no cluster is both in `train` and in `judged`.

    Attributes:
        fit: Fitted to while a setting is chosen.
        inner: Judged while a setting is chosen; shares no cluster with `fit` or `judged`.
        train: Fitted to with the setting chosen.
        judged: Judged once.
    """

    fit: Rows
    inner: Rows
    train: Rows
    judged: Rows


def frequent(labels: Texts, clusters: Texts) -> NDArray[np.bool_]:
    """Which domains have a label that at least four clusters have: ``[n]``."""
    pairs = np.unique(np.stack([labels, clusters]), axis=1)
    names, counts = np.unique(pairs[0], return_counts=True)
    return np.isin(labels, names[counts >= SMALLEST])


def divide_halves(labels: Texts, clusters: Texts, rows: Rows, seed: int) -> Division:
    """Divide domains at random into halves, label by label, and one half into halves again.

    Domains whose label fewer than four clusters have are left out, so each label that is judged can
    have been learnt, in both steps.

    Args:
        labels: ``[n]``, of all domains.
        clusters: ``[n]``, of all domains; those of one cluster stay together.
        rows: Rows of the domains to divide.
        seed: Seed.

    Raises:
        DatasetError: If no label is left.
    """
    rows = rows[frequent(labels[rows], clusters[rows])]
    train, judged = _halve(rows, labels, clusters, seed)
    fit, inner = _halve(train, labels, clusters, seed)
    return Division(fit, inner, train, judged)


def divide_unseen(
    labels: Texts, clusters: Texts, train: Rows, validation: Rows, test: Rows, seed: int
) -> Division:
    """Fit to a random half of training domains, choose on validation domains, judge test domains.

    Labels that fewer than four clusters of the training domains have are left out everywhere;
    training domains that share a cluster with another split, and validation domains that share one
    with those judged, are left out too.

    Args:
        labels: ``[n]``, of all domains.
        clusters: ``[n]``, of all domains.
        train: Rows of the training domains.
        validation: Rows of the domains to choose settings on.
        test: Rows of the domains to judge.
        seed: Seed of the half.

    Raises:
        DatasetError: If no label is left.
    """
    validation = validation[~np.isin(clusters[validation], clusters[test])]
    held_out = clusters[np.concatenate([validation, test])]
    train = train[~np.isin(clusters[train], held_out)]
    train = train[frequent(labels[train], clusters[train])]
    known = labels[train]
    half, _ = _halve(train, labels, clusters, seed)
    return Division(
        fit=half,
        inner=validation[np.isin(labels[validation], known)],
        train=half,
        judged=test[np.isin(labels[test], known)],
    )


def _halve(rows: Rows, labels: Texts, clusters: Texts, seed: int) -> tuple[Rows, Rows]:
    if not len(rows):
        raise DatasetError(f"no label is that of {SMALLEST} clusters of domains: take more domains")
    folds = StratifiedGroupKFold(2, shuffle=True, random_state=seed)
    first, second = next(folds.split(rows, labels[rows], clusters[rows]))
    return rows[first], rows[second]
