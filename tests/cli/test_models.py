"""The command that lists the shipped weights and shows their cards."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import typer
from typer.testing import CliRunner

from proteingraph import zoo
from proteingraph.cli.models import models
from proteingraph.errors import WeightsError
from proteingraph.zoo import list_models, model_card, model_record
from proteingraph.zoo.measured import Measure, Results, TaskResult
from proteingraph.zoo.record import FileRecord, TaskRecord

app = typer.Typer()
app.command()(models)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_table_has_a_line_for_each() -> None:
    lines = run().splitlines()
    for name in list_models():
        record = model_record(name)
        (line,) = [line for line in lines if name in line]
        assert f"{record.parameters:,}" in line and f"{record.size / 1e6:.2f}" in line
        if record.task is not None:
            assert record.task.name in line and record.task.kind in line
        elif (error := record.results.error_at(1.0)) is not None:
            assert f"{error:.3f}" in line


def test_tasks_have_a_table_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    target = TaskRecord(
        level="residue",
        kind="binary",
        name="interface",
        features=(),
        head=FileRecord("0" * 64, 1_000_000),
        settings=FileRecord("0" * 64, 1),
        validation_chains=3,
        seeds=(0,),
    )
    network = model_record("dsm_tiny")
    figures = {"mcc": Measure(0.3), "auprc": Measure(0.412, 0.006, 3)}
    results = Results(task=(TaskResult("Test_60", "structure", figures),))
    site = replace(network, name="sites.test", task=target, results=results)
    other = replace(site, results=Results(task=(TaskResult("here", "x", {"mcc": Measure(0.3)}),)))
    bare = replace(site, results=Results())
    records = {"a": network, "b": site, "c": other, "d": bare}
    monkeypatch.setattr(zoo, "list_models", lambda _: list(records))
    monkeypatch.setattr(zoo, "model_record", records.get)
    output = run()
    lines = output.splitlines()
    (first, second, third) = [line for line in lines if "sites.test" in line]
    assert "interface (binary) of each residue" in first
    assert f"{(network.size + 1_000_000) / 1e6:.2f}" in first
    assert "auprc 0.412 ± 0.006 (Test_60, structure)" in first
    assert "mcc 0.300 (here, x)" in second
    assert "auprc" not in third and "mcc" not in third and "interface" in third
    assert "error, 1 Å" in output and "measured" in output
    del records["a"]
    assert "error, 1 Å" not in run()


def test_pattern() -> None:
    output = run("cond*")
    assert "condresnet.pdb2018" in output and "dsm_small" not in output


def test_card() -> None:
    assert run("dsm_small") == model_card("dsm_small")


def test_json() -> None:
    records = json.loads(run("--json"))
    assert [record["name"] for record in records] == list_models()
    (one,) = [record for record in records if record["name"] == "dsm_small.pdb2018"]
    assert json.loads(run("dsm_small", "--json")) == one
    assert one["weights"]["sha256"] == model_record("dsm_small").weights.sha256


def test_wrong_name() -> None:
    with pytest.raises(WeightsError, match="did you mean dsm_small"):
        run("dsm_smal")
