"""From a trained network to one that is calibrated and measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from proteingraph.tasks.calibration import Interval, fit_calibration, fit_interval
from proteingraph.tasks.examples import Examples, encode_labels
from proteingraph.tasks.metrics import best_threshold, measure
from proteingraph.tasks.module import SupervisedTask
from proteingraph.tasks.predict import Scores, predict_scores
from proteingraph.tasks.run import Fitted
from proteingraph.tasks.target import Target
from proteingraph.tasks.task_model import TaskModel

__all__ = ["calibrate", "evaluate", "labelled_scores", "match_labels"]


def labelled_scores(task: SupervisedTask, examples: Examples) -> tuple[Tensor, Tensor]:
    """Scores before calibration, and labels, of all items that have a label.

    Whole chains are predicted. Pairs that the graph does not connect are left out.

    Args:
        task: A trained task, in evaluation mode.
        examples: Chains with labels.

    Returns:
        ``[n, outputs]`` and ``[n]``.
    """
    return match_labels(task, examples, predict_scores(task, examples))


def match_labels(
    task: SupervisedTask, examples: Examples, predicted: list[Scores]
) -> tuple[Tensor, Tensor]:
    """Scores and labels, see `labelled_scores`, of chains that were predicted already."""
    return _join(task.target, _match(task, examples, predicted))


def _match(
    task: SupervisedTask, examples: Examples, predicted: list[Scores]
) -> list[tuple[Tensor, Tensor]]:
    """Scores and labels of what has a label, chain by chain."""
    target = task.target
    matched = []
    for row, (scored, labels) in enumerate(
        zip(predicted, encode_labels(examples, target), strict=True)
    ):
        scores = scored.scores
        if target.level == "pair" and examples.pairs is not None:
            pairs = torch.as_tensor(examples.pairs[row], dtype=torch.long)
            scores, connected = scored.of_pairs(pairs, int(examples.corpus.lengths[row]))
            labels = labels[connected]
        there = target.labelled(labels)
        matched.append((scores[there], labels[there]))
    return matched


def _join(target: Target, matched: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    scores = [torch.zeros(0, target.outputs), *(scores for scores, _ in matched)]
    return torch.cat(scores), torch.cat([target.encode([]), *(labels for _, labels in matched)])


def calibrate(
    fitted: Fitted,
    validation: Examples,
    features: tuple[str, ...] = (),
    training: Mapping[str, Any] | None = None,
) -> TaskModel:
    """Find temperature, threshold and interval on the validation set.

    Where classes were balanced in training, the shift that this left is undone too. Where values of
    residues are predicted, the interval is that of their mean over the labelled residues of a
    chain, each chain counted once.

    Args:
        fitted: What training left.
        validation: Chains that told when to stop.
        features: Names of the further features, if there are any.
        training: What to say about how the task came about.
    """
    task = fitted.task
    target = task.target
    matched = _match(task, validation, predict_scores(task, validation))
    scores, labels = _join(target, matched)
    calibration = fit_calibration(target, scores, labels, shifted=task.config.balance > 0)
    threshold = None
    if target.kind == "binary":
        threshold = best_threshold(target.values(calibration(scores)), labels)
    interval = _interval_of_means(target, matched)
    return TaskModel(task, calibration, threshold, features, training or {}, interval)


def _interval_of_means(target: Target, matched: list[tuple[Tensor, Tensor]]) -> Interval | None:
    if (target.level, target.kind) != ("residue", "regression"):
        return None
    known = [(target.values(scores).mean(), labels.mean()) for scores, labels in matched]
    means = torch.tensor(known).reshape(-1, 2)
    predicted, true = means[~means.isnan().any(dim=1)].unbind(1)  # chains that have labels
    return fit_interval(predicted, true)


def evaluate(
    model: TaskModel, examples: Examples, predicted: list[Scores] | None = None
) -> dict[str, float]:
    """Measure a trained task on chains with labels.

    Args:
        model: Trained and calibrated task.
        examples: Chains with labels.
        predicted: Their scores before calibration, as `predict_scores` gives them. (default: they
            are predicted)

    Returns:
        What `measure` gives, and ``ece_before``: the expected calibration error before calibration,
        of targets that have classes.
    """
    task, target = model.task, model.target
    predicted = predict_scores(task, examples) if predicted is None else predicted
    scores, labels = match_labels(task, examples, predicted)
    measured = measure(target, target.values(model.calibration(scores)), labels, model.threshold)
    if "ece" in measured:
        measured["ece_before"] = measure(target, target.values(scores), labels)["ece"]
    return measured
