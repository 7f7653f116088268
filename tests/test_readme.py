"""The examples of the README run as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
import yaml

from proteingraph.pretrain import DenoisingModel
from proteingraph.pretrain.config import load_settings
from proteingraph.tasks.finetune.config import FinetuneConfig

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
TASKS = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)


def test_there_are_examples():
    assert len(BLOCKS) == 3 and len(TASKS) == 1


@pytest.mark.parametrize("block", BLOCKS, ids=["embed", "create", "compose"])
def test_example(block, monkeypatch, tmp_path):
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec("import proteingraph\n" + block, names)
    assert isinstance(names.get("model", DenoisingModel()), DenoisingModel)
    if "loss" in names:
        assert isinstance(names["loss"], torch.Tensor)
        assert names["loss"].item() == pytest.approx(1.0, abs=0.2)  # predicts nothing yet


def test_settings_of_a_task():
    config = load_settings(FinetuneConfig, yaml.safe_load(TASKS[0]), [])
    assert config.target.level == "residue" and config.training.layer_decay == 0.8
