"""Tests of what is made of a trained network: calibration, threshold and measures."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from proteingraph.tasks import Target, TaskConfig
from proteingraph.tasks.evaluate import calibrate, evaluate, labelled_scores
from proteingraph.tasks.examples import Examples
from proteingraph.tasks.heads import make_head
from proteingraph.tasks.module import SupervisedTask
from proteingraph.tasks.run import Fitted


def untrained(model, level: str, balance: float = 0.0) -> SupervisedTask:
    head = make_head(level, model.encoder, 1, 8, 0.0)
    config = TaskConfig(hidden=8, balance=balance)
    return SupervisedTask(model, head, config, Target(level=level, kind="binary")).eval()


def test_calibrated_probabilities_fit_their_frequencies(model, domains) -> None:
    task = untrained(model, "residue", balance=1.0)
    with torch.no_grad():
        task.head.layers[-1].bias.fill_(3.0)  # as if positives had weighed too much
    rng = np.random.default_rng(0)
    labels = [np.where(rng.random(n) < 0.8, rng.random(n) < 0.2, np.nan) for n in domains.lengths]
    examples = Examples(domains, labels)
    scores, known = labelled_scores(task, examples)
    assert len(scores) == len(known) == int(np.isfinite(np.concatenate(labels)).sum())
    trained = calibrate(Fitted(task, 1, 0.0), examples, training={"note": 1})
    measured = evaluate(trained, examples)
    assert measured["ece"] < 0.1 < 0.5 < measured["ece_before"]
    assert measured["threshold"] == trained.threshold
    assert trained.calibration.shift[0] < -2
    assert measured["positives"] == pytest.approx(float(known.mean()))
    assert trained.training == {"note": 1}
    alike = calibrate(Fitted(untrained(model, "residue"), 1, 0.0), examples)
    assert not alike.calibration.shift


def test_pairs_that_are_not_connected_are_left_out(model, domains) -> None:
    chain = domains.subset([0])
    size = int(chain.lengths[0])
    everything = np.stack(np.nonzero(~np.eye(size, dtype=bool)))
    near = (abs(everything[0] - everything[1]) == 1).astype(float)
    task = untrained(model, "pair")
    scores, labels = labelled_scores(task, Examples(chain, [near], pairs=[everything]))
    assert 0 < len(scores) == len(labels) < everything.shape[1]
    assert int(labels.sum()) == 2 * (size - 1)  # neighbors in sequence are always connected


def test_interval_of_the_mean_over_a_chain(model, domains) -> None:
    target = Target(kind="regression", bounded=True, name="lddt")
    head = make_head("residue", model.encoder, 1, 8, 0.0)
    task = SupervisedTask(model, head, TaskConfig(hidden=8), target).eval()
    rng = np.random.default_rng(0)
    labels = [rng.random(n) for n in domains.lengths]
    labels[3][:5] = np.nan
    labels[7][:] = np.nan  # no say
    trained = calibrate(Fitted(task, 1, 0.0), Examples(domains, labels))
    predicted = [p.values for p in trained.predict(list(domains))]
    errors = sorted(
        abs(values[known].mean() - true[known].mean())
        for values, true in zip(predicted, labels, strict=True)
        if (known := np.isfinite(true)).any()
    )
    assert len(errors) == 11
    assert trained.interval.level == 0.9
    assert trained.interval.half_width == pytest.approx(errors[10], abs=1e-5)  # rank 10.8, up
    few = Examples(domains.subset([0, 1]), labels[:2])
    assert calibrate(Fitted(task, 1, 0.0), few).interval is None
    sites = Examples(domains, [np.round(values) for values in labels])
    assert calibrate(Fitted(untrained(model, "residue"), 1, 0.0), sites).interval is None
