"""Small inputs and command lines of runs that take about a second."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from helpers.commands import Command

from proteingraph.datasets import load_cath_scop_mini
from proteingraph.datasets.store import export_entries

Make = Callable[..., Command]

NETWORK = {
    "graph": {"k": 6, "offsets": [1, 2]},
    "encoder": {"channels": 16, "pair_channels": 16, "hidden_channels": 16, "layers": 2},
}
PRETRAINING = {
    "steps": 40,
    "validate_every": 20,
    "checkpoint_every": 4,
    "model": NETWORK,
    "data": {"crop": 32, "residues": 200, "validation_sigmas": [5.0, 0.5]},
    "optimizer": {"warmup_steps": 2},
}
TASK = {
    "table": "labels.csv",
    "files": "files",
    "model": "weights",
    "columns": {"group": "cluster"},
    "test": 0.2,
    "training": {
        "mode": "finetune",
        "steps": 30,
        "validate_every": 5,
        "residues": 250,
        "hidden": 16,
        "warmup_steps": 5,
        "patience": 3,
    },
}


@pytest.fixture(scope="session")
def inputs(weights: Path, test_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of shipped domains as a pack and as files, a table of labels, settings, weights."""
    folder = tmp_path_factory.mktemp("inputs")
    pack = load_cath_scop_mini()
    few = pack.subset(np.argsort(pack.lengths, kind="stable")[:24])
    few.save(folder / "pack.npz")
    list(export_entries(few, range(24), folder / "files"))
    shutil.copytree(weights, folder / "weights")
    (folder / "pretrain.yaml").write_text(yaml.safe_dump(PRETRAINING))
    (folder / "task.yaml").write_text(yaml.safe_dump(TASK))
    rows = []
    for number, chain in enumerate(few):
        crowd = (torch.cdist(chain.pos, chain.pos) < 10).sum(dim=1)
        named = zip(chain.residue_number.tolist(), (crowd > 15).int().tolist(), strict=True)
        file = next((folder / "files").glob(f"{chain.name}*"))
        cell = chain.chain_id[0]
        rows += [(file.name, cell, residue, label, number // 2) for residue, label in named]
    names = ["file", "chain", "residue_number", "label", "cluster"]
    pd.DataFrame(rows, columns=names).to_csv(folder / "labels.csv", index=False)
    (folder / "sources").mkdir()
    for source in [*test_files.glob("*.gz"), *test_files.glob("1aki.*")]:
        shutil.copy(source, folder / "sources" / source.name)
    (folder / "sources/bad.pdb").write_text("no structure\n")
    return folder


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Have everything imported by what processes are forked from."""
    assert Command(["--version"], tmp_path_factory.mktemp("server") / "said.txt").run() == 0


@pytest.fixture(scope="session")
def make_anywhere(server: None, inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Function that makes a command line, given its name, its output and further words."""
    words = {
        "pretrain": [
            "pretrain",
            str(inputs / "pack.npz"),
            f"--config={inputs / 'pretrain.yaml'}",
        ],
        "finetune": ["finetune", str(inputs / "task.yaml")],
        "embed": [
            "embed",
            *(str(inputs / source) for source in ("sources", "files", "pack.npz")),
            f"--model={inputs / 'weights'}",
            "--level=protein",
            "--level=pair",
        ],
        "data build": [
            "data",
            "build",
            *(str(inputs / source) for source in ("files", "sources", "pack.npz")),
        ],
    }
    log = tmp_path_factory.mktemp("log") / "said.txt"

    def make(name: str, output: Path, *more: str, **options: Any) -> Command:
        line = [*words[name], "--no-progress", "-o", str(output), *more]
        return Command(line, log, **options)

    return make


@pytest.fixture
def make(make_anywhere: Make, tmp_path: Path) -> Make:
    """The same, whose commands print to a file of the test."""

    def make(*arguments: Any, **options: Any) -> Command:
        return replace(make_anywhere(*arguments, **options), log=tmp_path / "said.txt")

    return make
