"""Building stores from the command line."""

from __future__ import annotations

import pandas as pd
import pytest
from typer.testing import CliRunner

from proteingraph.cli import app
from proteingraph.datasets.store import ChainStore, verify_store
from proteingraph.errors import ConfigError, DatasetError


def run(*arguments):
    return CliRunner().invoke(app, ["data", "build", *map(str, arguments)])


def test_good_and_bad_files(test_files, tmp_path):
    bad = tmp_path / "bad [a].pdb"  # brackets would be markup to the console
    bad.write_text("no structure\n")
    store = tmp_path / "store"
    result = run(test_files / "1aki.cif", bad, test_files / "5zng.bcif.gz", "-o", store)
    assert result.exit_code == 1
    assert "left out:" in result.output and "bad [a].pdb" in result.output
    assert f"1 in all: see {store / 'failures.parquet'}" in result.output
    assert pd.read_parquet(store / "failures.parquet")["file"].tolist() == ["bad [a].pdb"]
    assert ChainStore(store).names.tolist()[0] == "1aki_A"
    assert verify_store(store) == []


def test_all_good_and_more(test_files, tmp_path):
    store, table = tmp_path / "store", tmp_path / "labels.csv"
    table.write_text("name,split\n5zng,train\n")
    arguments = ["-o", store, "--no-progress", "--complex", "--labels", table]
    result = run(test_files / "1aki.cif", *arguments)
    assert result.exit_code == 0, result.output
    assert f"1 entries, 129 residues in {store}" in result.output
    assert isinstance(run(test_files / "1aki.cif", *arguments).exception, DatasetError)
    assert run(test_files / "5zng.pdb.gz", *arguments, "--append").exit_code == 0
    assert [graph.split for graph in ChainStore(store)] == ["", "train"]


def test_resume(test_files, tmp_path):
    for _ in range(2):
        result = run(test_files / "1aki*", "-o", tmp_path / "store", "--resume")
        assert result.exit_code == 0, result.output
        assert "entries" in result.output


def test_listed_entries(test_files, tmp_path):
    (tmp_path / "ids.txt").write_text("1aki\n")
    result = run(tmp_path / "ids.txt", "--mirror", test_files, "-o", tmp_path / "store")
    assert result.exit_code == 0, result.output


def test_an_interruption_says_how_to_go_on(test_files, tmp_path, monkeypatch):
    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    arguments = [str(test_files), "-o", str(tmp_path / "a store")]
    monkeypatch.setattr("sys.argv", ["proteingraph", "data", "build", *arguments, "--append"])
    monkeypatch.setattr("proteingraph.datasets.store.build.StoreWriter", interrupt)
    result = run(*arguments, "--append")
    assert result.exit_code == 130
    assert f"to go on: proteingraph data build {test_files} -o '{tmp_path}/a store' --resume" in (
        result.output
    )


@pytest.mark.parametrize("arguments", [["absent"], ["cath-scop-mini", "--labels", "absent.tsv"]])
def test_wrong_input(arguments, tmp_path):
    result = run(*arguments, "-o", tmp_path / "store")
    assert isinstance(result.exception, DatasetError)
    assert "building" not in result.output  # no bar of what never began
    assert not (tmp_path / "store").exists()


def test_a_folder_that_cannot_be_is_told_at_once(tmp_path):
    (tmp_path / "file").write_text("")
    result = run("absent", "-o", tmp_path / "file" / "store")
    assert isinstance(result.exception, ConfigError)
    assert "file is a file, no folder" in str(result.exception)
