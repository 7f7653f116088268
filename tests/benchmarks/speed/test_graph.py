"""The benchmarks of edges, attributes and files, on little."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.speed import file_to_graph, graph
from benchmarks.speed.points import batch_of
from proteingraph.datasets import load_cath_scop_mini

DATA = Path(__file__).parents[2] / "data"


def test_searches_are_compared_with_the_native_one():
    batch = batch_of(load_cath_scop_mini(), 2, 60)
    figures = graph.compare_searches(batch, batch.batch)
    assert figures["residues"] == 120
    assert figures["nearest"]["native"]["edges"] == 120 * graph.K
    for kind in ("nearest", "within"):
        assert figures[kind]["native"]["times_native"] == 1
        assert all(its["edges_that_differ"] == 0 for its in figures[kind].values())
        assert figures[kind]["SciPy"]["times_native"] > 0


def test_steps_of_the_recipe_are_timed_apart():
    steps = graph.measure_steps(batch_of(load_cath_scop_mini(), 2, 60))
    names = [type(step).__name__ for step in graph.ResidueGraph().transform.transforms]
    assert list(steps) == names and min(steps.values()) > 0


def test_batches_come_out_of_a_store(tmp_path, monkeypatch):
    monkeypatch.setattr(graph, "STORED", 8)
    figures = graph.measure_store(tmp_path, load_cath_scop_mini(), (3,))
    assert figures["mean_residues"] == pytest.approx(150, abs=1)
    rates = figures["graphs_per_processor_second"]["3"]
    assert rates["store to graph"] < rates["reading"]


def test_entries_are_written_in_all_formats(tmp_path):
    held = file_to_graph.entries(DATA, tmp_path / "entries", 2)
    assert sorted(held) == ["bcif", "bcif.gz", "cif", "cif.gz", "pdb", "pdb.gz"]
    assert [path.name for path in held["cif.gz"]] == ["1aki.cif.gz", "3o5r.cif.gz"]
    assert held["pdb"][0].read_bytes() == (DATA / "1aki.pdb").read_bytes()


def test_readers_are_compared_with_ours(tmp_path):
    paths = file_to_graph.backbones(tmp_path, load_cath_scop_mini(), 1)
    figures = file_to_graph.compare(paths, graphs=True)
    ours = figures[file_to_graph.OURS]
    assert ours["times_ours"] == 1 and ours["times_ours_parsed"] == 1
    seconds = ours["parse_seconds_a_file"] + ours["graph_seconds_a_file"]
    assert ours["files_per_second"] == pytest.approx(1 / seconds)
