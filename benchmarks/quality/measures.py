"""How well predicted quality agrees with the true one: of residues, of models, within targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.stats import pearsonr, spearmanr
from torchmetrics.functional.classification import binary_auroc

from benchmarks.common.annotated import AnnotatedPack

__all__ = ["BAD", "judge", "judge_kinds", "residue_measures", "target_measures"]

BAD = 0.6
"""A residue whose lDDT is below is wrong."""
FEWEST = 3
SPREAD = 0.01

Floats = NDArray[np.floating[Any]]


def residue_measures(predicted: ArrayLike, true: ArrayLike) -> dict[str, float]:
    """Agreement over residues: ``pearson``, ``mae``, and ``auroc`` of an lDDT below 0.6.

    NaN where one is not defined, such as the AUROC where no residue, or all, are below.

    Args:
        predicted: ``[R]``, higher is better.
        true: lDDT, ``[R]``.
    """
    guess, truth = np.asarray(predicted, np.float64), np.asarray(true, np.float64)
    wrong = torch.from_numpy(truth < BAD).long()
    # Ranks: a measure that takes probabilities must not squash what is outside 0 to 1.
    rank = np.unique(-guess, return_inverse=True)[1].reshape(-1) / max(1, len(guess))
    mixed = 0 < int(wrong.sum()) < len(wrong)
    return {
        "pearson": _correlation(pearsonr, guess, truth),
        "mae": float(np.abs(guess - truth).mean()),
        "auroc": float(binary_auroc(torch.from_numpy(rank), wrong)) if mixed else float("nan"),
    }


def target_measures(
    predicted: ArrayLike, true: ArrayLike, targets: Sequence[str]
) -> dict[str, float]:
    """Agreement among the models of each target.

    Args:
        predicted: Of each model, ``[n]``.
        true: ``[n]``.
        targets: Target of each model, ``[n]``.

    Returns:
        ``pearson`` and ``spearman``, means over the ``targets`` that have 3 models or more whose
        true scores are 0.01 or more apart (0 where all predictions are alike), and ``top1_loss``:
        by how much the true score of the best model of a target is above that of the one predicted
        to be best, mean over the same targets.
    """
    guess, truth = np.asarray(predicted, np.float64), np.asarray(true, np.float64)
    names = np.asarray(targets, np.str_)
    found = []
    for name in np.unique(names):
        mine = names == name
        one, other = guess[mine], truth[mine]
        if mine.sum() >= FEWEST and np.ptp(other) >= SPREAD:
            correlations = [_correlation(measure, one, other) for measure in (pearsonr, spearmanr)]
            found.append([*np.nan_to_num(correlations), other.max() - other[one.argmax()]])
    means = np.mean(found, axis=0) if found else np.full(3, np.nan)
    pearson, spearman, loss = means.tolist()
    return {"pearson": pearson, "spearman": spearman, "top1_loss": loss, "targets": len(found)}


def judge(predicted: Sequence[Floats], models: AnnotatedPack) -> dict[str, float]:
    """All measures of predictions for comparative models.

    Args:
        predicted: Quality of the residues of each model, higher is better.
        models: With `lddt`; with `gdt_ts`, if models are to be judged by that too.

    Returns:
        ``pearson``, ``mae``, ``auroc`` of residues; ``global_*`` of the mean over each model and
        the mean of its lDDT, over all models; ``target_*`` of these within targets; and the last
        two once more beside GDT_TS, ``*_gdt_ts``.
    """
    means = np.array([one.mean() for one in predicted])
    true = {"": np.array([one.mean() for one in models.each("lddt")])}
    if "gdt_ts" in models.values:
        true["_gdt_ts"] = models.values["gdt_ts"]
    figures = residue_measures(np.concatenate(predicted), models.columns["lddt"])
    for suffix, score in true.items():
        figures[f"global_pearson{suffix}"] = _correlation(pearsonr, means, score)
        figures[f"global_spearman{suffix}"] = _correlation(spearmanr, means, score)
        within = target_measures(means, score, models.label("target").tolist())
        figures |= {
            f"target_{name}{suffix}": value for name, value in within.items() if name != "targets"
        }
    return figures


def judge_kinds(predicted: Sequence[Floats], models: AnnotatedPack) -> dict[str, dict[str, float]]:
    """Residue measures, those that are defined, of each kind of model; its size and mean error."""
    kinds = np.repeat(models.label("kind"), models.pack.lengths)
    guess, truth = np.concatenate(predicted), models.columns["lddt"]
    found = {}
    for kind in np.unique(kinds).tolist():
        mine = kinds == kind
        about = {
            "residues": int(mine.sum()),
            "models": int((models.label("kind") == kind).sum()),
            "mean_true": float(truth[mine].mean()),
            "bias": float((guess[mine] - truth[mine]).mean()),
        }
        measured = residue_measures(guess[mine], truth[mine])
        found[kind] = {k: value for k, value in measured.items() if np.isfinite(value)} | about
    return found


def _correlation(measure: Any, one: Floats, other: Floats) -> float:
    """Correlation; NaN where one of the two is constant."""
    if len(one) < 2 or not np.ptp(one) or not np.ptp(other):
        return float("nan")
    return float(measure(one, other).statistic)
