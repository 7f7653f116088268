"""What the command line tells of a store."""

from __future__ import annotations

from typer.testing import CliRunner

from proteingraph.cli import app
from proteingraph.datasets import load_cath_scop_mini
from proteingraph.datasets.store import ChainStore, StoreWriter
from proteingraph.errors import DatasetError


def run(*arguments):
    return CliRunner().invoke(app, ["data", "info", *map(str, arguments)])


def test_counts_lengths_labels_and_failures(tmp_path):
    domains = load_cath_scop_mini().subset(range(40))
    domains.labels["sccs"][:10] = ""
    with StoreWriter(tmp_path / "store") as writer:
        writer.append(domains)
        writer.fail("bad [a].pdb", "B", "no CA")
    result = run(tmp_path / "store")
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.output.splitlines()]
    assert ["entries", "40"] in lines
    assert ["residues", f"{domains.num_residues:,}"] in lines
    assert ["failures", "1"] in lines
    assert ["checksum", ChainStore(tmp_path / "store").checksum] in lines
    assert f"{domains.lengths.min()} to {domains.lengths.max()}" in result.output
    between = int(((domains.lengths >= 100) & (domains.lengths < 150)).sum())
    assert any(line[1:4:2] == ["100-149", str(between)] for line in lines)
    assert "30 (75.0%)" in result.output
    assert "bad [a].pdb" in result.output and "no CA" in result.output


def test_checksums_tell_contents_apart(tmp_path):
    domains = load_cath_scop_mini()
    sums = []
    for name, numbers in (("a", [0, 1]), ("b", [0, 1]), ("c", [1, 0])):
        with StoreWriter(tmp_path / name) as writer:
            writer.append(domains.subset(numbers))
        sums.append(ChainStore(tmp_path / name).checksum)
    assert sums[0] == sums[1] != sums[2]


def test_an_empty_store(tmp_path):
    with StoreWriter(tmp_path / "store"):
        pass
    result = run(tmp_path / "store")
    assert result.exit_code == 0, result.output
    assert ["entries", "0"] in [line.split() for line in result.output.splitlines()]


def test_no_store(tmp_path):
    assert isinstance(run(tmp_path).exception, DatasetError)
