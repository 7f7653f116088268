"""Embedding files from the command line."""

from __future__ import annotations

import pandas as pd
from typer.testing import CliRunner

from proteingraph.cli import app
from proteingraph.errors import ConfigError, WeightsError

run = CliRunner().invoke


def test_good_and_bad_files(weights, test_files, tmp_path):
    output = tmp_path / "out.parquet"
    bad = tmp_path / "bad [a].pdb"  # brackets would be markup to the console
    bad.write_text("no structure\n")
    files = [str(test_files / "1aki.cif"), str(bad), str(test_files / "5zng.bcif.gz")]
    result = run(app, ["embed", *files, "-o", str(output), "-m", str(weights)])
    assert result.exit_code == 1
    assert "not embedded" in result.output
    assert "bad [a].pdb\n" in result.output
    table = pd.read_parquet(output)
    assert table["path"].unique().tolist() == [files[0], files[2]]


def test_all_good(weights, test_files, tmp_path):
    output = tmp_path / "out.npz"
    files = [str(test_files / "1aki.cif")]
    result = run(app, ["embed", *files, "-o", str(output), "-m", str(weights), "--complex"])
    assert result.exit_code == 0
    assert "1 chains written to" in result.output
    assert output.exists()


def test_wrong_input(weights, test_files, tmp_path):
    file, good = str(test_files / "1aki.cif"), str(tmp_path / "out.parquet")
    for arguments, kind, told in (
        (["-o", str(tmp_path / "out.txt"), "-m", str(weights)], ConfigError, "must end in"),
        (["-o", good, "-m", str(tmp_path)], WeightsError, "no folder of saved weights"),
        (["-o", good, "-m", str(weights), "--sigma", "0"], ConfigError, "above 0"),
        (["-o", good, "-m", str(weights), "--sigma", "inf"], ConfigError, "finite"),
        (["-o", good, "-m", str(weights), "--sigma", "nan"], ConfigError, "finite"),
    ):
        result = run(app, ["embed", file, *arguments])
        assert isinstance(result.exception, kind)
        assert told in str(result.exception)
    assert not list(tmp_path.iterdir())


def test_levels_and_ranges(weights, test_files, tmp_path):
    output = tmp_path / "out.parquet"
    arguments = ["-o", str(output), "-m", str(weights), "-l", "pair", "-l", "protein"]
    file = str(test_files / "1aki.cif")
    result = run(app, ["embed", file, *arguments, "--ranges", "A:10-50"])
    assert result.exit_code == 0
    (row,) = pd.read_parquet(output).itertuples()
    assert len(row.sequence) == 41 and max(row.pair_source) == 40
    assert not hasattr(row, "residue")
    assert run(app, ["embed", file, *arguments, "--level", "atom"]).exit_code == 2


def test_a_model_of_the_zoo(test_files, tmp_path):
    output = tmp_path / "out.npz"
    good = ["embed", str(test_files / "1aki.cif"), "-o", str(output)]
    assert run(app, [*good, "-m", "dsm_small"]).exit_code == 0
    result = run(app, [*good, "-m", "dsm_smal"])
    assert "did you mean dsm_small" in str(result.exception)
    assert not result.output


def test_nothing_good(weights, tmp_path):
    output, bad = tmp_path / "out.parquet", tmp_path / "bad.pdb"
    bad.write_text("no structure\n")
    files = [str(bad), str(tmp_path / "absent.pdb")]
    result = run(app, ["embed", *files, "-o", str(output), "-m", str(weights)])
    assert result.exit_code == 1
    assert "nothing to write" in result.output
    assert "absent.pdb: no such file" in result.output
    assert not output.exists()
