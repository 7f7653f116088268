"""Pre-training from the command line."""

from __future__ import annotations

import json
import shutil

import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from proteingraph.cli import app
from proteingraph.errors import ConfigError, ProteinGraphError
from proteingraph.pretrain import DenoisingModel

SMALL = [
    *("-s", "model.encoder={channels: 16, pair_channels: 12, hidden_channels: 16, layers: 2}"),
    *("-s", "model.graph={k: 8, offsets: [1, 2]}"),
    *("-s", "data.residues=150", "-s", "data.crop=64", "-s", "data.validation_sigmas=[1.0]"),
]


def run(*arguments):
    return CliRunner().invoke(app, ["pretrain", *map(str, arguments)])


@pytest.fixture
def corpus(test_files, tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name in ("1aki.pdb", "5zng.cif.gz", "1HE1_r_u.pdb"):
        shutil.copy(test_files / name, folder)
    (folder / "bad.pdb").write_text("nothing\n")
    return folder


def test_folder_to_weights_and_on(corpus, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    result = run(corpus, "-o", first, "--steps", 2, "--validation", 0.3, "--no-progress", *SMALL)
    assert result.exit_code == 0, result.output
    assert "2 steps" in result.output
    table = pd.read_parquet(first / "failures.parquet")
    assert table["file"].tolist() == [str(corpus / "bad.pdb")]
    assert table["reason"][0] in result.output
    assert "1 in all: see " in result.output
    record = json.loads((first / "metrics.json").read_text())
    assert record["steps"] == 2
    assert record["metrics"]["validation/mse_1"] > 0
    assert isinstance(DenoisingModel.from_pretrained(first), DenoisingModel)
    again = run("absent-folder", "-o", first, "--steps", 2, "--no-progress", *SMALL)
    assert isinstance(again.exception, ConfigError)
    assert "holds a run already" in str(again.exception)
    onward = run(corpus, "-o", second, "--steps", 1, "--no-progress", "--init", first, *SMALL)
    assert onward.exit_code == 0, onward.output


def test_show_config():
    result = run(
        "anything", "-o", "nowhere", "--minutes", 5, "-s", "noise.levels=7", "--show-config"
    )
    settings = yaml.safe_load(result.output)
    assert settings["minutes"] == 5
    assert settings["steps"] is None
    assert settings["noise"]["levels"] == 7


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_folder_that_cannot_be_is_told_before_the_corpus_is_read(place, tmp_path):
    (tmp_path / "file").write_text("")
    result = run("absent-folder", "-o", tmp_path / place)
    assert isinstance(result.exception, ConfigError)
    assert f"{tmp_path / 'file'} is a file, no folder" in str(result.exception)


@pytest.mark.parametrize(
    "arguments",
    [
        ["absent-folder"],
        ["cath-scop-mini", "-s", "optimizer.lr=1"],
        ["cath-scop-mini", "--config", "absent.yaml"],
        ["cath-scop-mini", "--split", "absent.tsv"],
        ["cath-scop-mini", "--init", "absent"],
    ],
)
def test_wrong_input(arguments, tmp_path):
    result = run(*arguments, "-o", tmp_path / "run", "--no-progress", "--steps", 1)
    assert isinstance(result.exception, ProteinGraphError)
    assert not (tmp_path / "run" / "model.safetensors").exists()
