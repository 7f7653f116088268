"""Tests of figures of tasks, as benchmarks write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from proteingraph.errors import ConfigError
from proteingraph.zoo.measured import Measure, Results, TaskResult
from proteingraph.zoo.results import benchmark_results

OURS = "a" * 64


def write(path: Path, rows: Any) -> Path:
    about = {"command": "python bench", "commit": "c628809", "benchmark": "sites/any"}
    measured = {"weights_sha256": OURS, "rows": rows}
    path.write_text(json.dumps({**about, "zoo_results": measured}))
    return path


def test_rows_of_all_files(tmp_path: Path) -> None:
    row = {"on": "Test_60", "track": "structure", "measures": {"auprc": {"mean": 0.4}}}
    spread = {"on": "b", "track": "t", "measures": {"mcc": {"mean": 0.3, "std": 0.02, "runs": 3}}}
    files = [write(tmp_path / "a.json", [row]), write(tmp_path / "b.json", [spread])]
    known = Results(denoising_on="before")
    found = benchmark_results(files, frozenset({OURS}), known)
    assert found.denoising_on == "before"
    assert found.task == (
        TaskResult("Test_60", "structure", {"auprc": Measure(0.4)}),
        TaskResult("b", "t", {"mcc": Measure(0.3, 0.02, 3)}),
    )
    assert found.task_on == "`python bench` at commit c628809. `python bench` at commit c628809."


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"on": "a", "track": "b"}, "0.measures: Field required"),
        ({"on": "a", "track": "b", "measures": {}}, "0.measures: "),
        ({"on": "", "track": "b", "measures": {"x": {"mean": 1}}}, "0.on: "),
        ({"on": "a", "track": "b", "measures": {"x": {"mean": float("nan")}}}, r"x\.mean: "),
        ({"on": "a", "track": "b", "measures": {"x": {"mean": 1, "std": -1}}}, r"x\.std: "),
        ({"on": "a", "track": "b", "measures": {"x": 1}}, r"measures\.x: "),
        ("text", "0: "),
    ],
)
def test_rows_that_are_refused(tmp_path: Path, row: Any, message: str) -> None:
    path = write(tmp_path / "a.json", [row])
    with pytest.raises(ConfigError, match=rf"a\.json: zoo_results: .*{message}"):
        benchmark_results([path], frozenset({OURS}), Results())


def test_figures_of_others(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", [])
    with pytest.raises(ConfigError, match=f"no figures of weights with these SHA-256: {'b' * 64}"):
        benchmark_results([path], frozenset({"b" * 64}), Results())
