"""Which trainings there are, and which of them is kept: never by what the test chains say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.sites.figure import draw_curve, draw_errors
from benchmarks.sites.sites import COLUMNS, PARTS, group, make_jobs, save_best, summarise
from benchmarks.sites.training import Job


def test_all_parts_together_are_the_parts():
    whole = make_jobs(PARTS, 3)
    assert len(set(whole)) == len(whole) == 3 * (3 + 2 * 3 + 3 + 2 * 2 + 3 * 2)
    assert {job for part in PARTS for job in make_jobs([part], 3)} == set(whole)


def test_runs_that_differ_in_their_seed_are_summarised_together():
    records = {job: dict.fromkeys(COLUMNS, float(job.seed)) for job in make_jobs(["curve"], 3)}
    groups = group(records)
    assert len(groups) == 6
    for jobs in groups.values():
        measured = summarise([records[job] for job in jobs])
        assert measured["auprc"] == {"mean": 1.0, "std": pytest.approx(1.0), "runs": 3}


def test_the_task_is_chosen_on_validation_chains(tmp_path: Path):
    tested = {Job("frozen", 0): 0.9, Job("frozen", 1): 0.8, Job("finetune", 0): 0.1}
    watched = {Job("frozen", 0): 0.3, Job("frozen", 1): 0.35, Job("finetune", 0): 0.33}
    other = Job("finetune", 0, track="evolutionary")
    records = {
        job: {"test": {"auprc": tested[job]}, "validation": {"auprc": watched[job]}}
        for job in tested
    }
    records[other] = {"test": {"auprc": 1.0}, "validation": {"auprc": 1.0}}
    assert save_best(records, tmp_path, None) == Job("finetune", 0)
    records[Job("frozen", 1)]["validation"]["auprc"] = 0.4
    assert save_best(records, tmp_path, None) == Job("frozen", 1)
    assert save_best({other: records[other]}, tmp_path, None) is None
    twice = Job("finetune", 2, "both")
    records[twice] = {"test": {"auprc": 0.2}, "validation": {"auprc": 0.1}}
    records[Job("scratch", 0, "both")] = records[other]
    assert save_best(records, tmp_path, None) == twice


def test_figures_are_drawn(tmp_path: Path):
    draw_curve({"tuned": {0.1: [0.2, 0.3], 1.0: [0.4]}}, 0.16, tmp_path / "curve.png")
    random = np.random.default_rng(0)
    sites = [random.integers(0, 2, 200) for _ in range(3)]
    values = [random.random(200) for _ in range(3)]
    kinds = [random.integers(0, 20, 200) for _ in range(3)]
    draw_errors(values, sites, kinds, tmp_path / "errors.png")
    for name in ("curve.png", "errors.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
