"""The retrieval benchmark on a few domains with a small network."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.scop import retrieval

pytest.importorskip("tmtools")

FEW = ["--domains", "100", "--reference", "10", "--tm-domains", "25", "--tm-queries", "2"]


@pytest.fixture(scope="module")
def record(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> dict:
    folder = tmp_path_factory.mktemp("retrieval")
    output = folder / "record.json"
    options = ["--untrained", "2", "--readouts", "pairs@0.5", "residue@0.5", "--jobs", "1"]
    places = ["--weights", str(weights), "--cache", str(folder / "cache"), "--json", str(output)]
    retrieval.main([*places, *options, *FEW])
    return json.loads(output.read_text(encoding="utf-8"))


@pytest.mark.slow
def test_every_method_is_judged_on_both_sets(record: dict, weights: Path) -> None:
    searches = {record["searches"][weights.name], "protein, as given"}
    networks = {f"{name}: {how}" for name in (weights.name, "untrained") for how in searches}
    methods = networks | {"composition", "length", "random order"}
    assert set(record["test"]["figures"]) == methods
    assert set(record["part"]["figures"]) - methods == {
        "TM-align, mean of both lengths",
        "TM-align, length of the query",
    }
    for each in (*record["test"]["figures"].values(), *record["part"]["figures"].values()):
        for figures in each:
            assert all(np.isnan(value) or 0 <= value <= 1 for value in figures.values())
    assert all(
        len(each) == 1 + ("untrained" in name) for name, each in record["test"]["figures"].items()
    )


@pytest.mark.slow
def test_the_search_is_the_best_on_validation_domains(record: dict, weights: Path) -> None:
    judged = record["validation"][weights.name]
    assert len(judged) == 4
    best = max(judged, key=lambda name: sum(judged[name].values()))
    assert record["searches"] == {weights.name: best, "untrained": best}


@pytest.mark.slow
def test_what_was_searched_is_said(record: dict) -> None:
    assert len(record["part"]["domains"]) == 25
    assert len(record["part"]["query_domains"]) == 2
    assert set(record["part"]["query_domains"]) <= set(record["part"]["domains"])
    assert record["tmalign"]["pairs_aligned_now"] == 24 + 23


def test_part_is_even_and_its_queries_have_relatives() -> None:
    codes = [f"a.{1 + i // 10}.1.{1 + i % 3}" for i in range(40)] + ["b.1.1.1"]
    part, queries = retrieval.choose_part(codes, 21, 5)
    assert len(part) == 21 and part == sorted(set(part))
    assert [sum(10 * fold <= i < 10 * fold + 10 for i in part) for fold in range(4)] == [5, 5, 5, 5]
    assert len(queries) == 5 and 40 in part and part.index(40) not in queries
    assert retrieval.choose_part(codes, 99, 99)[0] == list(range(41))
