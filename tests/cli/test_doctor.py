"""The doctor from the command line."""

from __future__ import annotations

import json
import shutil

from typer.testing import CliRunner

from proteingraph.cli import app
from proteingraph.zoo import list_models
from proteingraph.zoo.registry import SHIPPED

PARTS = ["packages", "devices", "weights", "data", "self-test"]


def run(*arguments):
    return CliRunner().invoke(app, ["doctor", *arguments])


def test_all_is_well():
    result = run()
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == [
        *PARTS,
        "all is as it should be",
    ]
    words = [line.split() for line in lines]
    assert ["ok", "dsm_tiny.pdb2018"] in [line[:2] for line in words]


def test_damaged_weights_are_told_and_end_in_an_error(tmp_path, monkeypatch):
    (name,) = list_models("dsm_tiny")
    shutil.copytree(SHIPPED / name, tmp_path / name)
    (tmp_path / name / "config.json").write_text("{}\n")
    monkeypatch.setattr("proteingraph.zoo.registry.SHIPPED", tmp_path)
    result = run("--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert list(told) == ["ok", *PARTS] and told["ok"] is False
    (weights,) = told["weights"]
    assert weights["name"] == name and weights["ok"] is False
    (broken,) = told["self-test"]  # which needs them
    assert "WeightsError" in broken["told"]
    result = run()
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1] == "2 WRONG"
