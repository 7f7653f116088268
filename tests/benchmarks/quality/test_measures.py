"""Measures of predicted quality, against values computed by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.common.annotated import AnnotatedPack
from benchmarks.quality.measures import judge, judge_kinds, residue_measures, target_measures
from proteingraph.datasets import ChainPack


def test_residues_by_hand():
    true = [0.1, 0.5, 0.7, 0.9]
    found = residue_measures([0.2, 0.5, 0.4, 0.9], true)
    assert found["mae"] == pytest.approx((0.1 + 0 + 0.3 + 0) / 4)
    # Of the four pairs of a wrong and a right residue one, 0.5 and 0.4, is in the wrong order.
    assert found["auroc"] == pytest.approx(3 / 4)
    assert found["pearson"] == pytest.approx(np.corrcoef([0.2, 0.5, 0.4, 0.9], true)[0, 1])


def test_scores_of_any_range_are_ranked_and_ties_count_half():
    assert residue_measures([-9.0, -4.0, -2.0], [0.1, 0.5, 0.9])["auroc"] == 1
    assert residue_measures([3.0, 3.0, 3.0], [0.1, 0.9, 0.9])["auroc"] == pytest.approx(0.5)


def test_targets_by_hand():
    true = [0.2, 0.5, 0.8, 0.3, 0.6, 0.9, 0.4, 0.4, 0.4, 0.1, 0.9]
    guess = [0.1, 0.2, 0.3, 0.5, 0.7, 0.6, 0.1, 0.2, 0.3, 0.1, 0.9]
    targets = ["a"] * 3 + ["b"] * 3 + ["alike"] * 3 + ["few"] * 2
    found = target_measures(guess, true, targets)
    assert found["targets"] == 2
    # In order; and with the second and third exchanged: 1 - 6 * 2 / (3 * 8).
    assert found["spearman"] == pytest.approx((1 + 0.5) / 2)
    assert found["pearson"] == pytest.approx((1 + np.corrcoef(guess[3:6], true[3:6])[0, 1]) / 2)
    assert found["top1_loss"] == pytest.approx((0 + 0.3) / 2)


def test_a_guess_that_tells_nothing_of_a_target_correlates_zero():
    found = target_measures([0.5] * 3, [0.2, 0.5, 0.8], ["a"] * 3)
    assert (found["spearman"], found["pearson"]) == (0, 0)
    assert math.isnan(target_measures([0.5], [0.2], ["a"])["spearman"])


@pytest.fixture
def models() -> AnnotatedPack:
    """Three models of one target, of two kinds, of 2, 1 and 3 residues."""
    pack = ChainPack(
        coordinates=np.zeros((6, 1, 3), np.float32),
        residue_type=np.zeros(6, np.int8),
        starts=np.array([0, 2, 3, 6]),
        names=np.array(["x", "y", "z"]),
        labels={"target": np.array(["t"] * 3), "kind": np.array(["p", "q", "p"])},
    )
    lddt = np.array([0.2, 0.4, 0.5, 0.9, 0.8, 1.0], np.float32)
    return AnnotatedPack(pack, {"lddt": lddt}, {"gdt_ts": np.array([0.9, 0.5, 0.1], np.float32)})


def test_models_are_judged_by_their_means(models):
    predicted = [np.array([0.3, 0.1]), np.array([0.6]), np.array([0.7, 0.9, 0.8])]
    found = judge(predicted, models)
    # Means 0.2, 0.6, 0.8 beside 0.3, 0.5, 0.9; GDT_TS falls as they rise.
    assert found["global_spearman"] == found["target_spearman"] == pytest.approx(1)
    assert found["global_spearman_gdt_ts"] == pytest.approx(-1)
    assert found["target_top1_loss"] == 0
    assert found["target_top1_loss_gdt_ts"] == pytest.approx(0.8)
    expected = np.corrcoef([0.2, 0.6, 0.8], [0.3, 0.5, 0.9])[0, 1]
    assert found["global_pearson"] == pytest.approx(expected)
    assert found["mae"] == pytest.approx((0.1 + 0.3 + 0.1 + 0.2 + 0.1 + 0.2) / 6)


def test_kinds_are_judged_apart(models):
    predicted = [np.array([0.3, 0.5]), np.array([0.1]), np.array([1.0, 0.9, 1.1])]
    found = judge_kinds(predicted, models)
    assert found["p"]["bias"] == pytest.approx(0.1)
    assert (found["p"]["models"], found["p"]["residues"]) == (2, 5)
    assert found["q"]["mae"] == pytest.approx(0.4)
    assert found["q"]["mean_true"] == pytest.approx(0.5)
