"""Records of runs, and printed tables."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest
import torch

import benchmarks.cath
from benchmarks.common import Run, print_table

SCRIPT = str(Path(benchmarks.cath.__file__).parent / "denoising.py")


def test_record_says_how_it_came_about(tmp_path):
    output = tmp_path / "new" / "record.json"
    run = Run(SCRIPT, argparse.Namespace(threads=1, json=output), ["--sigma", "1"])
    for _ in range(2):
        with run.timed("part"):
            pass
    assert run.write(results=[1.5]) == output
    record = json.loads(output.read_text(encoding="utf-8"))
    assert record["benchmark"] == "cath/denoising"
    assert record["command"] == "python benchmarks/cath/denoising.py --sigma 1"
    assert record["threads"] == 1
    assert record["versions"]["torch"] == torch.__version__
    assert record["results"] == [1.5]
    assert set(record["seconds"]) == {"part", "total"}
    assert [path.name for path in output.parent.iterdir()] == ["record.json"]


def test_record_does_not_tell_where_things_are_on_this_machine(tmp_path):
    words = ["--data-root", str(tmp_path), "--json", str(tmp_path / "r.json"), "--config", SCRIPT]
    run = Run(SCRIPT, argparse.Namespace(threads=None, json=tmp_path / "r.json"), words)
    command = json.loads(run.write().read_text(encoding="utf-8"))["command"]
    script = "benchmarks/cath/denoising.py"
    assert command == f"python {script} --data-root FOLDER --json r.json --config {script}"


def test_record_goes_beside_the_script_by_default():
    run = Run(SCRIPT, argparse.Namespace(threads=None, json=None), [])
    assert run.output == Path(SCRIPT).parent / "results" / "denoising.json"


def test_nothing_is_written_of_a_run_that_json_cannot_hold(tmp_path):
    run = Run(SCRIPT, argparse.Namespace(threads=None, json=tmp_path / "r.json"), [])
    with pytest.raises(TypeError):
        run.write(results=torch.zeros(1))
    assert not list(tmp_path.iterdir())


def test_tables_are_markdown_that_is_never_cut(capsys):
    print_table("title", ["name", "x" * 90], [["first", "1 ± 2"], ["[b]second", "3"]])
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "title"
    cells = [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines[2:]]
    for row in (["name", "x" * 90], ["first", "1 ± 2"], ["[b]second", "3"]):
        assert row in cells
