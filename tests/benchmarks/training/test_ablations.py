"""What the ablations change, and that they can be run, stopped and compared."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.training.ablations import (
    VARIANTS,
    collect,
    main,
    parse,
    rows_of,
    run_variant,
    settings_of,
)
from proteingraph.nn import EdgeGradient
from proteingraph.pretrain.config import flat_settings
from proteingraph.pretrain.module import build_model

# A run of a second, on the shipped domains.
TINY = [
    *("--minutes", "0.01", "--chains", "3", "--domains", "20", "-s"),
    *("model.encoder.layers=1", "model.encoder.hidden_channels=8", "data.readout_chains=9"),
    *("data.residues=100", "data.crop=30", "data.validation_sigmas=[1.0]"),
]


def tiny(output: Path, *more: str) -> list[str]:
    return ["--output", str(output), "--json", str(output / "out.json"), *more, *TINY]


def test_every_variant_changes_what_it_says_and_nothing_else():
    assert next(iter(VARIANTS)) == "base"
    base = settings_of(VARIANTS["base"], 10)
    assert base.minutes == 10 and base.steps is None
    seen = []
    for name, variant in VARIANTS.items():
        config = settings_of(variant, 10)
        ours, theirs = flat_settings(config.to_dict()), flat_settings(base.to_dict())
        changed = {key for key in ours | theirs if ours.get(key) != theirs.get(key)}
        named = {setting.partition("=")[0] for setting in variant.settings}
        assert all(any(key.startswith(group) for group in named) for key in changed), name
        assert changed or variant.head or name == "base", name
        seen.append((config.to_dict(), variant.head))
    assert all(one not in seen[:place] for place, one in enumerate(seen))


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_makes_a_network(name):
    config = settings_of(VARIANTS[name], 10)
    model = build_model(config.model, config.noise)
    assert isinstance(model.gradient, EdgeGradient)
    for attribute, value in VARIANTS[name].head:
        assert getattr(model.gradient, attribute) != value
    assert model.backbone == (name == "backbone")


def test_a_variant_runs_once_and_is_judged(tmp_path, monkeypatch):
    arguments = parse(tiny(tmp_path))
    heads = []
    forward = EdgeGradient.forward

    def watched(self, *tensors):
        heads.append(self.softening)
        return forward(self, *tensors)

    monkeypatch.setattr(EdgeGradient, "forward", watched)
    assert run_variant("no_denominator", arguments) is None
    # In training and when it is judged.
    assert set(heads) == {None}
    path = tmp_path / "no_denominator/result.json"
    result = json.loads(path.read_text())
    assert result["head"] == {"softening": None} and result["held_out"] == 3
    assert result["steps"] > 0 and 0 < result["metrics"]["validation/mse_1"] < 100
    found = result["retrieval"]
    assert 0 <= found["figures"]["top1"] <= 1 and 0 < found["queries"]["top1"] <= 20
    path.write_text(json.dumps({**result, "steps": 1234567}))
    assert run_variant("no_denominator", arguments) is None
    results, problems = collect(arguments)
    (row,) = rows_of(results)
    assert not problems and row["steps"] == 1234567
    assert row["error_1"] == result["metrics"]["validation/mse_1"]
    assert row["top1"] == found["figures"]["top1"]
    # Results of another budget are not compared with these.
    arguments.minutes = 5.0
    results, problems = collect(arguments)
    assert not results and problems[0].startswith(f"{path}: is of other settings (minutes=0.01)")


def test_a_variant_that_fails_is_told(tmp_path, monkeypatch):
    arguments = parse(tiny(tmp_path))
    wrong = replace(VARIANTS["base"], settings=("model.graph.k=0",))
    monkeypatch.setitem(VARIANTS, "base", wrong)
    problem = run_variant("base", arguments)
    assert problem is not None and problem.startswith("base: model: k must be a whole number")
    assert collect(arguments) == ({}, [])


@pytest.mark.slow
def test_the_script(tmp_path, capsys):
    argv = tiny(tmp_path, "--jobs", "2", "--only", "backbone", "joint")
    assert main(argv) == 0
    said = capsys.readouterr().out
    assert "2 variants to run, 2 at a time: joint, backbone" in said
    assert "| backbone* |" in said and "* backbone: N, CA, C and O" in said
    record = json.loads((tmp_path / "out.json").read_text())
    assert list(record["variants"]) == ["joint", "backbone"] and record["failed"] == []
    with open(tmp_path / "out.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["variant"] for row in rows] == ["joint", "backbone"]
    assert float(rows[0]["type_accuracy"]) >= 0 and rows[1]["type_accuracy"] == ""
    before = (tmp_path / "joint/result.json").read_bytes()
    assert main(argv) == 0
    assert "0 variants to run" in capsys.readouterr().out
    assert (tmp_path / "joint/result.json").read_bytes() == before
