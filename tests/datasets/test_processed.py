"""Stores that are made once and kept."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from proteingraph.datasets import processed
from proteingraph.datasets.folder import Failure
from proteingraph.datasets.processed import keep_store
from proteingraph.errors import DatasetError

FAILURES = [
    Failure(Path("a/b.ent"), 'line 3: "x",\tnot a number\nat all', "B"),
    Failure(Path("c"), ""),
]


def make(graphs, failures=FAILURES, calls=None):
    """Function that yields graphs, and lists failures when it is through."""

    def made(told):
        if calls is not None:
            calls.append(1)
        yield from graphs
        told += failures

    return made


def test_what_is_made_is_kept_with_what_was_left_out(graphs, tmp_path, assert_same_graph, caplog):
    calls = []
    path = tmp_path / "processed" / "some-2.08"
    for logged in (1, 0):
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            store, failures = keep_store(path, make(reversed(graphs), calls=calls))
        for stored, graph in zip(store, graphs, strict=True):  # in the order of their names
            assert_same_graph(stored, graph)
        assert failures == FAILURES
        assert caplog.text.count("some-2.08: 2 structures were left out") == logged
    assert len(calls) == 1
    keep_store(path, make(graphs, calls=calls), force=True)
    assert len(calls) == 2


def test_few_graphs_are_held_at_a_time(graphs, tmp_path, monkeypatch):
    monkeypatch.setattr(processed, "AT_ONCE", 2)
    held = []
    append = processed._append

    def note(writer, some, failures):
        held.append(len(some))
        append(writer, some, failures)

    monkeypatch.setattr(processed, "_append", note)
    assert len(keep_store(tmp_path / "a", make(graphs))[0]) == 3
    assert held == [2, 1]


def test_a_graph_that_cannot_be_stored_costs_no_other(graphs, tmp_path):
    graphs[1].backbone[0, 1] = float("nan")
    store, failures = keep_store(tmp_path / "a", make(graphs, []))
    assert store.names.tolist() == ["1abc", "lone"]
    assert [failure.path for failure in failures] == [Path("2xyz")]
    assert "is not a finite number" in failures[0].reason


def test_a_failed_making_leaves_nothing_but_what_was(graphs, tmp_path):
    def fail(told):
        yield graphs[0]
        raise DatasetError("no")

    def left():
        return sorted(path.name for path in tmp_path.iterdir())

    with pytest.raises(DatasetError, match="no"):
        keep_store(tmp_path / "a", fail)
    assert left() == [".a.lock"]
    keep_store(tmp_path / "a", make(graphs))
    with pytest.raises(DatasetError, match="no"):
        keep_store(tmp_path / "a", fail, force=True)
    assert len(keep_store(tmp_path / "a", fail)[0]) == len(graphs)
    assert left() == [".a.lock", "a"]


def test_what_a_killed_process_left_is_no_hindrance(graphs, tmp_path):
    (tmp_path / ".a.partial").mkdir()
    (tmp_path / ".a.partial" / "build.json").write_text("{")
    assert len(keep_store(tmp_path / "a", make(graphs))[0]) == 3


def test_not_one_graph_is_an_error(tmp_path):
    with pytest.raises(DatasetError, match="not one structure could be read:\n  line 3"):
        keep_store(tmp_path / "a", make([]))


def test_damage_and_folders_that_cannot_be_made_are_told(graphs, tmp_path):
    keep_store(tmp_path / "a", make(graphs))
    (tmp_path / "a" / "meta.json").write_text("{}")
    with pytest.raises(DatasetError, match=r"meta\.json: damaged"):
        keep_store(tmp_path / "a", make(graphs))
    (tmp_path / "file").write_text("")
    with pytest.raises(DatasetError, match="cannot be written"):
        keep_store(tmp_path / "file" / "b", make(graphs))
