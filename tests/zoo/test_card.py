"""Tests of model cards."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from proteingraph.zoo import list_models, model_card, model_record
from proteingraph.zoo.card import card_of
from proteingraph.zoo.measured import Measure, Results, RetrievalResult, TaskResult
from proteingraph.zoo.record import read_record


@pytest.mark.parametrize("name", list_models())
def test_card_tells_what_the_record_knows(name: str) -> None:
    record, card = model_record(name), model_card(name)
    assert card.startswith(f"# {name}\n")
    for text in (
        record.description,
        record.weights.sha256,
        record.licence,
        record.data.held_out,
        record.data.caveat,
        record.run.command,
        record.run.commit,
        record.run.hardware,
        record.use,
        *record.limits,
    ):
        assert text in card
    rows = [line.split("|") for line in card.splitlines() if line.startswith("| ")]
    for result in record.results.denoising:
        assert [f" {result.sigma:g} ", f" {result.error:.3f} "] in [row[1:3] for row in rows]


def test_chains_without_a_label_are_spoken_of() -> None:
    assert "may hold a held-out fold" in model_card("dsm_small")


def test_what_was_not_measured_is_left_out() -> None:
    record = model_record("dsm_small")
    found = RetrievalResult("by hand", family=0.1, superfamily=0.2, fold=0.3, top1=0.4)
    full = replace(record.results, retrieval_on="Domains.", retrieval=(found,))
    assert "| by hand | 0.100 | 0.200 | 0.300 | 0.400 |" in card_of(replace(record, results=full))
    bare = card_of(replace(record, results=Results()))
    assert "## Search" not in bare and "## Denoising" not in bare and "None" not in bare


def test_card_of_a_task(published: Path) -> None:
    record = read_record(published)
    assert record.task is not None and record.base is not None
    figures = {"pearson": Measure(0.71, 0.012, 3), "mae": Measure(0.1, runs=2)}
    rows = (
        TaskResult("held-out domains", "structure", figures),
        TaskResult("others", "structure", {"mae": Measure(0.2)}),
    )
    card = card_of(replace(record, results=Results(task_on="Measured so.", task=rows)))
    for text in (
        "crowding (regression) of each residue",
        record.base.name,
        record.base.sha256,
        record.task.head.sha256,
        "12 chains told when to stop",
        "**seeds of results**: 0, 1, 2",
        "**started from**: dsm_tiny.pdb2018",
        "**run**: 3 steps, 0.025 minutes, seed 5",
        "| structures | track | pearson | mae | runs |",
        "| held-out domains | structure | 0.710 ± 0.012 | 0.100 | 2, 3 |",
        "| others | structure |  | 0.200 | 1 |",
    ):
        assert text in card
    assert "None" not in card and "## Predictions" not in card_of(record)
    closed = replace(record, run=replace(record.run, steps=0))
    assert "**run**: no steps: read-out in closed form, 0.025 minutes" in card_of(closed)
