"""Building indexes from the command line."""

from __future__ import annotations

import sys

from typer.testing import CliRunner

from proteingraph.cli.index import index
from proteingraph.errors import DatasetError, WeightsError
from proteingraph.search import Index


def run(*arguments):
    return CliRunner().invoke(index, ["build", *map(str, arguments)])


def test_good_and_bad_files(test_files, weights, tmp_path):
    bad = tmp_path / "bad [a].pdb"  # brackets would be markup to the console
    bad.write_text("no structure\n")
    output = tmp_path / "index"
    files = [test_files / "1aki.cif", bad, test_files / "5zng.bcif.gz"]
    result = run(*files, "-o", output, "-m", weights)
    assert result.exit_code == 1
    assert "left out:" in result.output and "bad [a].pdb" in result.output
    assert f"1 in all: see {output / 'failures.parquet'}" in result.output
    opened = Index.open(output)
    assert f"{len(opened)} entries, {opened.record.residues:,} residues" in result.output
    assert opened.entries["name"][0] == "1aki_A"


def test_options(test_files, weights, tmp_path):
    table, output = tmp_path / "labels.csv", tmp_path / "index"
    table.write_text("name,fold\n5zng,enzyme\n")
    options = ["-o", output, "-m", weights, "--complex", "--labels", table, "--no-progress"]
    result = run(test_files / "5zng.cif.gz", *options)
    assert result.exit_code == 0, result.output
    assert Index.open(output).entries["fold"].tolist() == ["enzyme"]
    again = run(test_files / "1aki.cif", *options)
    assert isinstance(again.exception, DatasetError) and "--overwrite" in str(again.exception)
    assert run(test_files / "1aki.cif", *options, "--overwrite").exit_code == 0
    assert Index.open(output).entries["name"].tolist() == ["1aki"]


def test_many_entries_without_the_library_of_the_graph(test_files, weights, tmp_path, monkeypatch):
    monkeypatch.setattr("proteingraph.search.nearest.EXACT_UP_TO", 0)
    monkeypatch.setattr("proteingraph.search.writer.EXACT_UP_TO", 0)
    monkeypatch.setitem(sys.modules, "usearch.index", None)
    result = run(test_files / "1aki.cif", "-o", tmp_path / "index", "-m", weights)
    assert result.exit_code == 0, result.output
    assert "quicker to search if built with usearch" in result.output
    assert Index.open(tmp_path / "index").exact


def test_listed_entries(test_files, weights, tmp_path):
    (tmp_path / "ids.txt").write_text("1aki\n")
    options = ["--mirror", test_files, "-o", tmp_path / "index", "-m", weights]
    assert run(tmp_path / "ids.txt", *options).exit_code == 0


def test_wrong_input(test_files, weights, tmp_path):
    for source, model, kind in (
        (tmp_path / "absent", weights, DatasetError),
        (test_files, tmp_path, WeightsError),
        (tmp_path / "absent", "dsm_bose", WeightsError),
    ):
        result = run(source, "-o", tmp_path / "index", "-m", model)
        assert isinstance(result.exception, kind)
        assert not result.output
    assert not list(tmp_path.iterdir())
