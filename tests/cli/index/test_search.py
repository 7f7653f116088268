"""Searching an index from the command line."""

from __future__ import annotations

import csv
import io
import json

import pytest
from typer.testing import CliRunner

from proteingraph.cli.index import index
from proteingraph.datasets import load_cath_scop_mini
from proteingraph.errors import ConfigError, DatasetError, StructureError, WeightsError
from proteingraph.search import Index


def run(*arguments):
    return CliRunner().invoke(index, ["search", *map(str, arguments)], env={"COLUMNS": "120"})


@pytest.fixture(scope="module")
def database(weights, test_files, tmp_path_factory):
    """Index of eight shipped domains and lysozyme."""
    folder = tmp_path_factory.mktemp("database")
    load_cath_scop_mini().subset(range(8)).save(folder / "domains.npz")
    sources = [folder / "domains.npz", test_files / "1aki.cif"]
    return Index.build(sources, folder / "small [x].index", weights)


def test_table_says_what_was_done(database, test_files):
    result = run(database.path, test_files / "1aki.pdb.gz", "-k", 4)
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.stdout.splitlines()]
    fingerprint = database.record.fingerprint[:12]
    assert ["model", database.record.model, f"({fingerprint})"] in lines
    assert f"{database.path}, 9 entries" in result.stdout
    assert "cosine of protein embeddings" in result.stdout
    assert "all entries compared" in result.stdout
    assert "at most 4 a query" in result.stdout
    assert "1aki_A, 129 residues" in result.stdout
    rows = [line for line in lines if line and line[0] in "1234"]
    assert [row[0] for row in rows if len(row) > 4] == ["1", "2", "3", "4"]
    assert rows[0][1:5] == ["1aki_A", "A", "129", "1.000"]
    assert "cath_code" in result.stdout and "split" not in result.stdout


def test_labels_and_alignment(database, test_files):
    pytest.importorskip("tmtools")
    options = ["--tm-align", 3, "-l", "split", "-l", "file"]
    result = run(database.path, test_files / "1aki.pdb", *options)
    assert result.exit_code == 0, result.output
    assert "the first 3 by TM-align" in result.stdout
    assert "TM by query" in result.stdout and "TM by hit" in result.stdout
    assert "cath_code" not in result.stdout
    first = next(line for line in result.stdout.splitlines() if "1aki_A  " in line)
    assert first.split()[1:] == ["1aki_A", "A", "129", "1.000", "1.000", "1.000", "1aki.cif"]


def test_json_and_csv_hold_what_the_search_gives(database, test_files):
    path = test_files / "5zng.cif.gz"
    expected = database.search(path, 3, minimum=0.1)
    options = [database.path, path, "--number", 3, "--minimum", 0.1]
    told = json.loads(run(*options, "--json").stdout)
    assert (told["entries"], told["number"], told["metric"]) == (9, 3, "cosine")
    assert told["fingerprint"] == database.record.fingerprint
    assert told["results"] == json.loads(json.dumps([result.to_dict() for result in expected]))
    rows = list(csv.DictReader(io.StringIO(run(*options, "--csv").stdout)))
    hits = [(result, hit) for result in expected for hit in result.hits]
    assert len(rows) == len(hits) > 3
    for row, (result, hit) in zip(rows, hits, strict=True):
        assert (row["query"], row["name"], row["rank"]) == (result.name, hit.name, str(hit.rank))
        assert float(row["similarity"]) == pytest.approx(hit.similarity)
        assert row["label_sccs"] == hit.labels["sccs"]
        assert row["tm_query"] == ""


def test_bad_files_beside_good_ones(database, test_files, tmp_path):
    bad = tmp_path / "bad [a].pdb"
    bad.write_text("no structure\n")
    result = run(database.path, bad, test_files / "1aki.pdb")
    assert result.exit_code == 1
    assert "1aki_A, 129 residues" in result.stdout
    assert "not searched with:" in result.stderr and "bad [a].pdb" in result.stderr
    told = json.loads(run(database.path, bad, test_files / "1aki.pdb", "--json").stdout)
    assert [found["reason"] is None for found in told["results"]] == [False, True]


def test_chains_and_domains(database, test_files):
    path = test_files / "5zng.cif.gz"
    chain = database.search(path)[-1].name[-1]
    told = json.loads(run(database.path, path, "--chains", chain, "--json").stdout)
    assert [found["name"] for found in told["results"]] == [f"5zng_{chain}"]
    options = [test_files / "1aki.cif", "--ranges", "A:10-60", "--json"]
    (found,) = json.loads(run(database.path, *options).stdout)["results"]
    assert (found["name"], found["length"]) == ("1aki_A:10-60", 51)


def test_nothing_similar_enough(database, test_files):
    result = run(database.path, test_files / "5zng.cif.gz", "--minimum", 1)
    assert result.exit_code == 0 and "nothing found" in result.stdout


def test_wrong_input(database, weights, test_files, tmp_path):
    good = test_files / "1aki.pdb"
    for arguments, kind, told in (
        ([tmp_path, good], DatasetError, "no index"),
        ([database.path, good, "--json", "--csv"], ConfigError, "one of them"),
        ([database.path, good, "-l", "absent"], ConfigError, "no label 'absent', only cath_code"),
        ([database.path, good, "--ranges", "A:9-1"], StructureError, "residue range"),
        ([database.path, good, "-m", tmp_path], WeightsError, "no folder of saved weights"),
    ):
        result = run(*arguments)
        assert isinstance(result.exception, kind), result.output
        assert told in str(result.exception)
    assert run(database.path, good, "-m", weights).exit_code == 0
    assert run(database.path, good, "-k", 0).exit_code == 2
