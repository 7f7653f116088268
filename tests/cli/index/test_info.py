"""What the command line tells of an index."""

from __future__ import annotations

from typer.testing import CliRunner

from proteingraph.cli.index import index
from proteingraph.errors import DatasetError
from proteingraph.search import Index


def run(*arguments):
    return CliRunner().invoke(index, ["info", *map(str, arguments)])


def test_counts_model_and_failures(test_files, weights, tmp_path):
    bad = tmp_path / "bad [a].pdb"
    bad.write_text("no structure\n")
    opened = Index.build([test_files / "1aki.cif", bad], tmp_path / "index", weights)
    result = run(opened.path)
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.output.splitlines()]
    assert ["entries", "1,", "chains"] in lines
    assert ["residues", "129"] in lines
    assert ["model", opened.record.model, f"({opened.record.fingerprint[:12]})"] in lines
    assert ["failures", "1"] in lines
    assert ["labels", "file"] in lines
    assert "sources   1aki.cif, bad [a].pdb" in result.output
    assert f"left out: {bad}" in result.output


def test_many_sources_are_not_all_shown(test_files, weights, tmp_path):
    Index.build([test_files / "1aki.cif"] * 7, tmp_path / "index", weights)
    assert "1aki.cif, 1aki.cif and 2 more\n" in run(tmp_path / "index").output


def test_damage_is_named(test_files, weights, tmp_path):
    Index.build([test_files / "1aki.cif"], tmp_path / "index", weights)
    assert run(tmp_path / "index", "--verify").exit_code == 0
    file = tmp_path / "index" / "traces.bin"
    file.write_bytes(file.read_bytes()[:-1] + b"\x7f")
    result = run(tmp_path / "index", "--verify")
    assert result.exit_code == 1
    assert f"damaged: {file}" in result.output


def test_no_index(tmp_path):
    assert isinstance(run(tmp_path).exception, DatasetError)
