"""Sites from the command line: copies, records, plots, and which residues are called."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from proteingraph.assess import predict_sites
from proteingraph.cli.sites import sites
from proteingraph.errors import ConfigError
from proteingraph.io import read_structure

app = typer.Typer()
app.command()(sites)


@pytest.fixture
def run(sites_folder):
    def invoke(*arguments):
        options = ("-m", sites_folder, "--no-progress", *arguments)
        return CliRunner().invoke(app, [str(argument) for argument in options])

    return invoke


def test_residues_called_of_each_chain(run, sites_folder, test_files):
    file = test_files / "5zng.cif.gz"
    result = run(file)
    assert result.exit_code == 0, (result.output, result.exception)
    prediction = predict_sites(file, sites_folder)
    assert f"probability of at least {prediction.threshold:.3g}" in result.stdout
    rows = [line.split() for line in result.stdout.splitlines() if "5zng.cif.gz" in line]
    for row, (chain, ranges) in zip(rows, prediction.called_of_chains().items(), strict=True):
        inside = prediction.structure.chain == chain
        called = prediction.called & inside
        expected = f"{np.nansum(prediction.values[inside]):.0f}"
        counts = [str(inside.sum()), expected, str(called.sum())]
        assert row[-5:] == [chain, *counts, ",".join(ranges)]


def test_copies_hold_what_the_records_say(run, test_files, tmp_path):
    result = run(test_files / "5zng.pdb.gz", "-o", tmp_path, "--threshold", 0.3)
    assert result.exit_code == 0, (result.output, result.exception)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["5zng.sites.json", "5zng.sites.pdb", "5zng.sites.png"]
    record = json.loads((tmp_path / "5zng.sites.json").read_text("utf-8"))
    values = np.array([residue["probability"] for residue in record["residues"]])
    copy = read_structure(tmp_path / "5zng.sites.pdb")
    np.testing.assert_allclose(copy.b_factor, 100 * values, atol=0.006)
    assert record["threshold"] == 0.3
    called = [residue["called"] for residue in record["residues"]]
    assert called == (values >= 0.3).tolist()
    assert sum(chain["called"] for chain in record["chains"]) == sum(called)


def test_one_chain_as_csv_and_json(run, test_files):
    options = (test_files / "5zng.cif.gz", "--chains", "C")
    told = json.loads(run(*options, "--json").stdout)
    assert [chain["chain"] for chain in told["results"][0]["chains"]] == ["C"]
    rows = list(csv.DictReader(io.StringIO(run(*options, "--csv").stdout)))
    assert [float(row["probability"]) for row in rows] == [
        residue["probability"] for residue in told["results"][0]["residues"]
    ]
    assert {row["called"] for row in rows} == {"True", "False"}


def test_wrong_input(run, features_folder, quality_folder, test_files, tmp_path):
    good, out = test_files / "1aki.pdb", tmp_path / "out"
    for model, told in ((quality_folder, "wrong kind"), (features_folder, "conservation, depth")):
        result = run(good, "-o", out, "-m", model)
        assert isinstance(result.exception, ConfigError), result.output
        assert told in str(result.exception)
    assert run(good, "-o", out, "--threshold", 2).exit_code == 2
    assert run(good, test_files / "4p5j.cif.gz").exit_code == 1
    assert not out.exists()
