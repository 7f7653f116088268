"""Structure files out of stores, from the command line."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from proteingraph.cli import app
from proteingraph.datasets import load_cath_scop_mini
from proteingraph.datasets.store import StoreWriter
from proteingraph.errors import DatasetError
from proteingraph.io import read_structure


def run(*arguments):
    return CliRunner().invoke(app, ["data", "export", *map(str, arguments)])


@pytest.fixture
def store(tmp_path):
    """Three shipped domains, of splits test, train and train."""
    domains = load_cath_scop_mini()
    numbers = [(domains.labels["split"] == split).argmax() for split in ("test", "train")]
    with StoreWriter(tmp_path / "store") as writer:
        writer.append(domains.subset([*numbers, numbers[1] + 1]))
    return tmp_path / "store"


def written(folder):
    return sorted(path.name for path in folder.iterdir())


def test_all_by_name_and_by_split(store, tmp_path):
    from proteingraph.datasets.store import ChainStore

    names = ChainStore(store).names.tolist()
    labels = ChainStore(store).labels["split"].tolist()
    result = run(store, "-o", tmp_path / "all")
    assert result.exit_code == 0, result.output
    assert "3 of 3 entries written" in result.output
    assert written(tmp_path / "all") == sorted(f"{name}.pdb" for name in names)
    assert run(store, "-o", tmp_path / "one", "-n", names[1], "--format", "cif").exit_code == 0
    assert written(tmp_path / "one") == [f"{names[1]}.cif"]
    assert run(store, "-o", tmp_path / "test", "--split", "test").exit_code == 0
    expected = [f"{name}.pdb" for name, split in zip(names, labels, strict=True) if split == "test"]
    assert written(tmp_path / "test") == sorted(expected)
    structure = read_structure(tmp_path / "one" / f"{names[1]}.cif")
    assert len(structure) == ChainStore(store).lengths[1]


def test_what_does_not_fit_is_listed(tmp_path):
    domains = load_cath_scop_mini().subset([0, 1])
    domains.coordinates[0] = 12_345.0
    with StoreWriter(tmp_path / "store") as writer:
        writer.append(domains)
    result = run(tmp_path / "store", "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert "1 of 2 entries written" in result.output
    assert "not written:" in result.output and "does not fit a PDB file" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-n", "absent"], "no entry 'absent' among 3"),
        (["--split", "absent"], "no entry is of split 'absent', only of test, train"),
    ],
)
def test_wrong_requests(store, tmp_path, arguments, message):
    result = run(store, "-o", tmp_path / "out", *arguments)
    assert isinstance(result.exception, DatasetError)
    assert message in str(result.exception)


def test_a_corpus_without_splits(test_files, tmp_path):
    result = run(test_files / "1aki*", "-o", tmp_path / "out", "--split", "test")
    assert "no label `split`" in str(result.exception)
