"""Checking stores from the command line."""

from __future__ import annotations

from typer.testing import CliRunner

from proteingraph.cli import app
from proteingraph.datasets import load_cath_scop_mini
from proteingraph.datasets.store import StoreWriter


def run(*arguments):
    return CliRunner().invoke(app, ["data", "verify", *map(str, arguments)])


def test_whole_and_damaged(tmp_path):
    store = tmp_path / "store"
    with StoreWriter(store) as writer:
        writer.append(load_cath_scop_mini().subset([0, 1]))
    result = run(store)
    assert result.exit_code == 0
    assert "all is well, 2 entries" in result.output
    file = store / "coordinates.bin"
    file.write_bytes(file.read_bytes()[:-4] + b"\x00\x00\x80\x3f")
    result = run(store)
    assert result.exit_code == 1
    assert f"damaged: {file}: checksum" in result.output
