"""How good predictions are, by the measures that the field uses of each kind of target."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from proteingraph.tasks.target import Target

__all__ = ["as_array", "best_threshold", "main_score", "measure"]

BINS = 15
"""Bins of confidence of the expected calibration error."""


def best_threshold(probabilities: Tensor, labels: Tensor) -> float:
    """Threshold at which Matthews' correlation coefficient is largest.

    Args:
        probabilities: ``[n]``.
        labels: 0 or 1, ``[n]``.

    Returns:
        A probability: what is at least that is called positive; 0.5 if there is one class only.

    Example:
        >>> best_threshold(torch.tensor([0.1, 0.2, 0.3, 0.6]), torch.tensor([0.0, 0, 1, 1]))
        0.25
    """
    order = np.argsort(-probabilities.numpy().astype(np.float64), kind="stable")
    values = probabilities.numpy().astype(np.float64)[order]
    hits = labels.numpy().astype(np.float64)[order]
    positives, negatives = hits.sum(), len(hits) - hits.sum()
    if not positives or not negatives:
        return 0.5
    true, called = hits.cumsum(), np.arange(1.0, len(hits) + 1)
    # A threshold cannot part equal probabilities.
    ends = np.flatnonzero(np.append(values[1:] < values[:-1], False))
    if not len(ends):
        return 0.5
    true, called = true[ends], called[ends]
    covariance = true * len(hits) - positives * called
    matthews = covariance / np.sqrt(called * (len(hits) - called) * positives * negatives)
    best = ends[int(matthews.argmax())]
    return round(float((values[best] + values[best + 1]) / 2), 6)


def measure(
    target: Target, values: Tensor, labels: Tensor, threshold: float | None = None
) -> dict[str, float]:
    """Measure predictions of items, all of which have a label.

    Args:
        target: What is predicted.
        values: Probabilities or values, as `Target.values` gives them.
        labels: ``[n]``.
        threshold: Of a binary target. (default: 0.5)

    Returns:
        ``count``, and of a binary target ``auprc``, ``auroc``, ``mcc``, ``f1``, ``threshold``,
        ``positives`` (their share, the AUPRC of guessing) and ``ece``; of several classes
        ``accuracy``, ``macro_f1`` and ``ece``; of a regression ``pearson``, ``spearman`` and
        ``mae``. NaN where a measure is not defined, as AUROC is of one class.
    """
    measured: dict[str, float] = {"count": len(labels)}
    if target.kind == "binary":
        return measured | _binary(values, labels, 0.5 if threshold is None else threshold)
    if target.kind == "multiclass":
        return measured | _multiclass(values, labels)
    return measured | _regression(values, labels)


def main_score(target: Target, values: Tensor, labels: Tensor) -> float:
    """The measure that weights may be chosen by: AUPRC, macro-averaged F1, or Pearson's r."""
    name = {"binary": "auprc", "multiclass": "macro_f1", "regression": "pearson"}[target.kind]
    return measure(target, values, labels)[name]


def _binary(values: Tensor, labels: Tensor, threshold: float) -> dict[str, float]:
    from torchmetrics.functional import classification as scores

    truth = labels.long()
    share = float(labels.float().mean()) if len(labels) else float("nan")
    names = ("auprc", "auroc", "mcc", "f1", "ece")
    measured = dict.fromkeys(names, float("nan"))
    if len(labels):
        measured["ece"] = float(scores.binary_calibration_error(values, truth, n_bins=BINS))
    if 0 < share < 1:
        measured["auprc"] = float(scores.binary_average_precision(values, truth))
        measured["auroc"] = float(scores.binary_auroc(values, truth))
        called = (values >= threshold).long()
        measured["mcc"] = float(scores.binary_matthews_corrcoef(called, truth))
        measured["f1"] = float(scores.binary_f1_score(called, truth))
    return {**measured, "positives": share, "threshold": threshold}


def _multiclass(values: Tensor, labels: Tensor) -> dict[str, float]:
    from torchmetrics.functional import classification as scores

    if not len(labels):
        return dict.fromkeys(("accuracy", "macro_f1", "ece"), float("nan"))
    number = values.size(1)
    # Of the classes that occur: one without members has no F1.
    f1 = scores.multiclass_f1_score(values, labels, num_classes=number, average=None)
    there = torch.bincount(labels, minlength=number) > 0
    return {
        "accuracy": float((values.argmax(dim=-1) == labels).float().mean()),
        "macro_f1": float(f1[there].mean()),
        "ece": float(scores.multiclass_calibration_error(values, labels, number, n_bins=BINS)),
    }


def _regression(values: Tensor, labels: Tensor) -> dict[str, float]:
    from torchmetrics.functional import mean_absolute_error, pearson_corrcoef, spearman_corrcoef

    measured = dict.fromkeys(("pearson", "spearman", "mae"), float("nan"))
    if len(labels):
        measured["mae"] = float(mean_absolute_error(values, labels))
    if len(labels) > 1 and min(float(values.std()), float(labels.std())) > 0:
        # In double precision: the variance of nearly equal values is lost in single.
        measured["pearson"] = float(pearson_corrcoef(values.double(), labels.double()))
        measured["spearman"] = float(spearman_corrcoef(values.double(), labels.double()))
    return measured


def as_array(values: Tensor) -> NDArray[np.float32]:
    """Values as NumPy's, float32."""
    array: NDArray[np.float32] = values.float().cpu().numpy()
    return array
