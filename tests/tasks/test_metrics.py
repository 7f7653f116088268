"""Tests of measures, against scikit-learn and SciPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import stats

from proteingraph.tasks.metrics import best_threshold, measure
from proteingraph.tasks.target import Target

sklearn_metrics = pytest.importorskip("sklearn.metrics")
BINARY = Target(kind="binary")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def test_binary_measures_are_those_of_scikit_learn(rng) -> None:
    truth = (rng.random(300) < 0.2).astype(np.float32)
    guess = np.clip(0.3 * truth + 0.6 * rng.random(300), 0, 1).astype(np.float32).round(2)
    got = measure(BINARY, torch.from_numpy(guess), torch.from_numpy(truth), threshold=0.4)
    called = guess >= np.float32(0.4)
    expected = {
        "count": 300,
        "auprc": sklearn_metrics.average_precision_score(truth, guess),
        "auroc": sklearn_metrics.roc_auc_score(truth, guess),
        "mcc": sklearn_metrics.matthews_corrcoef(truth, called),
        "f1": sklearn_metrics.f1_score(truth, called),
        "positives": truth.mean(),
        "threshold": 0.4,
    }
    assert {name: got[name] for name in expected} == pytest.approx(expected, rel=1e-4)


def test_threshold_is_the_best_of_all(rng) -> None:
    truth = (rng.random(80) < 0.3).astype(np.float32)
    guess = (0.3 * truth + 0.7 * rng.random(80)).astype(np.float32).round(2)
    found = best_threshold(torch.from_numpy(guess), torch.from_numpy(truth))
    scores = [
        sklearn_metrics.matthews_corrcoef(truth, guess >= np.float32(t))
        for t in np.linspace(0, 1, 1001)
    ]
    best = sklearn_metrics.matthews_corrcoef(truth, guess >= found)
    assert best == pytest.approx(max(scores))
    assert best_threshold(torch.tensor([0.1, 0.9]), torch.ones(2)) == 0.5


def test_expected_calibration_error_by_hand() -> None:
    guess = torch.tensor([0.9, 0.9, 0.9, 0.9])
    got = measure(BINARY, guess, torch.tensor([1.0, 1, 0, 0]))
    assert got["ece"] == pytest.approx(0.4, abs=1e-5)


def test_measures_of_classes(rng) -> None:
    target = Target(kind="multiclass", classes=["a", "b", "c", "never"])
    truth = rng.integers(0, 3, 60)
    guess = rng.dirichlet(np.ones(4), 60).astype(np.float32)
    guess[np.arange(60), truth] += 0.4
    got = measure(target, torch.from_numpy(guess / 1.4), torch.from_numpy(truth))
    called = guess.argmax(axis=1)
    f1 = sklearn_metrics.f1_score(truth, called, average="macro", labels=[0, 1, 2])
    assert got["accuracy"] == pytest.approx((called == truth).mean())
    assert got["macro_f1"] == pytest.approx(f1, rel=1e-5)


def test_measures_of_values(rng) -> None:
    truth = rng.normal(size=50).astype(np.float32)
    guess = truth + rng.normal(size=50).astype(np.float32)
    got = measure(Target(kind="regression"), torch.from_numpy(guess), torch.from_numpy(truth))
    assert got["pearson"] == pytest.approx(stats.pearsonr(guess, truth)[0], rel=1e-5)
    assert got["spearman"] == pytest.approx(stats.spearmanr(guess, truth)[0], rel=1e-5)
    assert got["mae"] == pytest.approx(np.abs(guess - truth).mean(), rel=1e-5)


def test_what_is_not_defined_is_no_number() -> None:
    one_class = measure(BINARY, torch.tensor([0.2, 0.3]), torch.zeros(2))
    assert math.isnan(one_class["auroc"]) and math.isnan(one_class["auprc"])
    constant = measure(Target(kind="regression"), torch.ones(3), torch.arange(3.0))
    assert math.isnan(constant["pearson"]) and constant["mae"] == pytest.approx(2 / 3)
    assert math.isnan(measure(BINARY, torch.zeros(0), torch.zeros(0))["ece"])
