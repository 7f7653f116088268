"""Training on a table of labels from the command line."""

from __future__ import annotations

import pandas as pd
import pytest
import typer
import yaml
from typer.testing import CliRunner

from proteingraph.cli.finetune import finetune
from proteingraph.errors import ConfigError, DatasetError, ProteinGraphError
from proteingraph.io import read_structure

app = typer.Typer()
app.command()(finetune)


@pytest.fixture
def task(test_files, weights, tmp_path):
    """Settings, and a table of which residues of three chains are aromatic."""
    rows = []
    for file, chain in (("1aki.pdb", "A"), ("1HE1_r_u.pdb", "A"), ("5zng.pdb.gz", "C")):
        structure = read_structure(test_files / file, chains=chain)
        rows += [
            {"file": file, "chain": chain, "residue_number": number, "label": int(letter in "FWYH")}
            for number, letter in zip(structure.residue_number, structure.sequence, strict=True)
        ]
    rows.append({"file": "absent.pdb", "chain": "A", "residue_number": 1, "label": 1})
    pd.DataFrame(rows).to_csv(tmp_path / "labels.csv", index=False)
    settings = {
        "table": "labels.csv",
        "files": str(test_files),
        "model": str(weights),
        "target": {"name": "aromatic"},
        "validation": 0.3,
        "test": 0.3,
        "training": {"steps": 2, "validate_every": 1, "hidden": 8, "residues": 300},
    }
    path = tmp_path / "task.yaml"
    path.write_text(yaml.safe_dump(settings))
    return path


def run(*arguments):
    return CliRunner().invoke(app, [*map(str, arguments)])


def test_a_table_is_trained_on_and_measured(task, tmp_path) -> None:
    out = tmp_path / "out"
    result = run(task, "-o", out, "-s", "training.mode=frozen", "--threads", 1)
    assert result.exit_code == 0, (result.output, result.exception)
    rows = len(pd.read_csv(task.parent / "labels.csv"))
    assert f"left out: row {rows} (absent.pdb A): " in result.output
    assert "1 row in all: see " in result.output
    assert "reading" in result.output and "training" in result.output
    assert "aromatic, 2 steps" in result.output and "AUPRC" in result.output
    names = {path.name for path in out.iterdir()}
    assert {"task.json", "metrics.json", "mismatches.parquet", "predictions.parquet"} <= names
    again = run(task, "-o", out, "--no-progress")
    assert isinstance(again.exception, ConfigError) and "already" in str(again.exception)


def test_show_config(task) -> None:
    result = run(task, "-o", "nowhere", "-s", "training.layer_decay=0.8", "--show-config")
    settings = yaml.safe_load(result.output)
    assert settings["training"]["layer_decay"] == 0.8
    assert settings["columns"]["residue"] == "residue_number"


@pytest.mark.parametrize(
    ("override", "kind"),
    [
        ("training.rate=1", ConfigError),
        ("table=absent.csv", DatasetError),
        ("model=absent", ProteinGraphError),
        ("columns.label=site", DatasetError),
    ],
)
def test_wrong_settings(task, tmp_path, override, kind) -> None:
    result = run(task, "-o", tmp_path / "out", "-s", override)
    assert isinstance(result.exception, kind)
    assert not (tmp_path / "out" / "task.json").exists()
