"""The command that lists the shipped weights and shows their cards."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from proteingraph.cli.models import models
from proteingraph.errors import WeightsError
from proteingraph.zoo import list_models, model_card, model_record

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
        assert f"{record.parameters:,}" in line and record.objective in line
        error = record.results.error_at(1.0)
        assert error is not None and f"{error:.3f}" in line


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
