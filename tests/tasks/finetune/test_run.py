"""Tests of training on a table, from files to the folder that is left."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import lightning as L
import numpy as np
import pandas as pd
import pytest
from lightning.pytorch.callbacks import LambdaCallback

from proteingraph.errors import ConfigError
from proteingraph.io import read_structure
from proteingraph.pretrain.config import load_settings
from proteingraph.tasks import TaskModel
from proteingraph.tasks.finetune import FinetuneConfig
from proteingraph.tasks.finetune.run import finetune

TRAINING = {"mode": "scratch", "steps": 40, "validate_every": 20, "residues": 250, "hidden": 16,
            "dropout": 0.0, "learning_rate": 1e-2, "warmup_steps": 5, "balance": 0.5}  # fmt: skip


def settings(weights, **more) -> FinetuneConfig:
    values = {"table": "labels.csv", "files": "files", "model": str(weights), "training": TRAINING}
    return load_settings(FinetuneConfig, {**values, **more}, ())


def test_from_a_table_to_a_task(structures, burial, weights, tmp_path) -> None:
    bad = {"file": "d00.pdb", "chain": "A", "residue_number": 999, "label": 1, "cluster": 0}
    pd.concat([burial, pd.DataFrame([bad])]).to_csv(tmp_path / "labels.csv", index=False)
    heard: list = []
    config = settings(weights, columns={"group": "cluster"}, validation=0.2, test=0.2)
    out = tmp_path / "out"
    result = finetune(config, out, tmp_path, told=heard.extend)

    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["test"]["auroc"] > 0.85 and metrics["validation"]["auprc"] > 0.7
    assert sum(metrics["chains"].values()) == 12 and metrics["mismatched_rows"] == 1
    assert metrics["test"]["ece"] < 0.3

    listed = pd.read_parquet(out / "mismatches.parquet")
    assert listed["residue"].tolist() == ["999"] and len(heard) == len(result.mismatches) == 1

    predictions = pd.read_parquet(out / "predictions.parquet")
    sides = predictions.groupby("file")["split"].first()
    clusters = burial.groupby("file")["cluster"].first()
    trained_on = set(clusters.index) - set(sides.index)
    assert not set(clusters[list(trained_on)]) & set(clusters[sides.index])
    by_cluster = sides.groupby(clusters[sides.index])
    assert by_cluster.nunique().max() == 1

    loaded = TaskModel.from_pretrained(out)
    file = sides.index[0]
    (again,) = loaded.predict(read_structure(structures / file))
    told = predictions[predictions["file"] == file]
    np.testing.assert_allclose(again.values, told["predicted"], rtol=1e-3, atol=1e-4)
    assert told["label"].tolist() == burial[burial["file"] == file]["label"].tolist()
    assert "".join(told["amino_acid"]) == again.sequence
    assert loaded.training["settings"]["columns"]["group"] == "cluster"

    with pytest.raises(ConfigError, match=r"holds task\.json already"):
        finetune(config, out, tmp_path)


def test_a_run_that_stopped_goes_on(structures, burial, weights, tmp_path) -> None:
    burial.to_csv(tmp_path / "labels.csv", index=False)
    short = {**TRAINING, "steps": 6, "validate_every": 2}
    config = settings(weights, training=short, columns={"features": ["count"]})
    out = tmp_path / "out"

    def stop(trainer: L.Trainer, *_: object) -> None:
        if trainer.global_step == 3:
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        finetune(config, out, tmp_path, callbacks=[LambdaCallback(on_train_batch_end=stop)])
    with pytest.raises(ConfigError, match="holds a run already: resume it"):
        finetune(config, out, tmp_path)
    with pytest.raises(ConfigError, match="other settings, chains or labels"):
        finetune(replace(config, seed=1), out, tmp_path, resume=True)
    steps: list[int] = []
    count = LambdaCallback(on_train_batch_end=lambda trainer, *_: steps.append(trainer.global_step))
    result = finetune(config, out, tmp_path, resume=True, callbacks=[count])
    assert steps == [3, 4, 5, 6]
    assert [entry["step"] for entry in result.metrics["history"]] == [2, 4, 6]
    assert not (out / "checkpoints").exists() and (out / "task.json").exists()
    loaded = TaskModel.from_pretrained(out)
    assert loaded.features == ("count",)
    structure = read_structure(structures / "d00.pdb")
    (got,) = loaded.predict(structure, [burial[burial["file"] == "d00.pdb"][["count"]]])
    (other,) = loaded.predict(structure, [np.zeros((len(structure), 1))])
    assert not np.allclose(got.values, other.values)


def test_a_run_killed_while_it_wrote_its_task_goes_on(
    structures, burial, weights, tmp_path
) -> None:
    burial.to_csv(tmp_path / "labels.csv", index=False)
    config = settings(weights, training={**TRAINING, "steps": 4, "validate_every": 2})
    out, before = tmp_path / "out", tmp_path / "before"
    keep = LambdaCallback(on_train_end=lambda *_: shutil.copytree(out, before))
    finetune(config, out, tmp_path, callbacks=[keep])
    whole = {path.name: path.read_bytes() for path in out.iterdir()}
    for left in (["model.safetensors"], ["model.safetensors", "head.safetensors", "task.json"]):
        again = tmp_path / left[-1]
        shutil.copytree(before, again)
        for name in left:
            shutil.copy(out / name, again / name)
        (again / ".head.safetensors.0123.partial").write_bytes(b"half")
        with pytest.raises(ConfigError, match="holds a run already: resume it"):
            finetune(config, again, tmp_path)
        finetune(config, again, tmp_path, resume=True)
        assert {path.name: path.read_bytes() for path in again.iterdir()} == whole


def test_a_run_that_is_finished_is_left_as_it_is(structures, burial, weights, tmp_path) -> None:
    bad = {"file": "d00.pdb", "chain": "A", "residue_number": 999, "label": 1, "cluster": 0}
    pd.concat([burial, pd.DataFrame([bad])]).to_csv(tmp_path / "labels.csv", index=False)
    config = settings(weights, training={**TRAINING, "steps": 2, "validate_every": 2})
    out = tmp_path / "out"
    first = finetune(config, out, tmp_path)
    whole = {path.name: path.read_bytes() for path in out.iterdir()}
    (out / ".checkpoints.done").mkdir()  # killed while it removed them
    again = finetune(config, out, tmp_path, resume=True)
    assert again.metrics == json.loads(whole["metrics.json"])
    assert again.mismatches == first.mismatches and len(again.mismatches) == 1
    assert {path.name: path.read_bytes() for path in out.iterdir()} == whole
    with pytest.raises(ConfigError, match="holds a task of other settings"):
        finetune(replace(config, seed=1), out, tmp_path, resume=True)
    (out / "metrics.json").unlink()
    with pytest.raises(ConfigError, match=r"holds task\.json already"):
        finetune(config, out, tmp_path, resume=True)


def test_classes_of_proteins_with_a_column_of_splits(structures, weights, tmp_path) -> None:
    splits = ["train"] * 8 + ["validation"] * 4
    rows = pd.DataFrame(
        {
            "file": [f"d{number:02}.pdb" for number in range(12)],
            "label": ["long" if number > 5 else "short" for number in range(12)],
            "split": splits,
        }
    )
    rows.to_csv(tmp_path / "labels.csv", index=False)
    config = settings(
        weights,
        target={"level": "protein", "kind": "multiclass", "name": "size"},
        columns={"split": "split"},
        training={**TRAINING, "steps": 2, "validate_every": 1, "mode": "frozen"},
    )
    result = finetune(config, tmp_path / "out", tmp_path)
    assert result.metrics["chains"] == {"train": 8, "validation": 4, "test": 0}
    assert "test" not in result.metrics and 0 <= result.metrics["validation"]["accuracy"] <= 1
    predictions = pd.read_parquet(tmp_path / "out" / "predictions.parquet")
    assert predictions["label"].tolist() == ["long"] * 4
    both = predictions[["p_long", "p_short"]].to_numpy()
    np.testing.assert_allclose(both.sum(axis=1), 1, rtol=1e-5)
    assert (predictions["predicted"] == np.where(both[:, 0] > both[:, 1], "long", "short")).all()


@pytest.mark.parametrize("more", [{"validation": 0.0}, {"validation": 0.6, "test": 0.5}])
def test_shares_that_leave_nothing(weights, more) -> None:
    with pytest.raises(ConfigError, match="validation must be above 0"):
        settings(weights, **more)
