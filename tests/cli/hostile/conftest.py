"""What the hostile files are thrown at: small networks, tasks, a store and an index."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from helpers.command_line import run
from helpers.hostile_inputs import HARM
from helpers.hostile_structures import FOLDER


@dataclass(frozen=True)
class Stage:
    """Good things of all kinds, which commands get beside what is bad.

    Attributes:
        files: Folder of the small real structures.
        weights: Folder of a network.
        quality: Folder of a task that predicts quality.
        sites: Folder of a task that predicts sites.
        store: A store.
        index: An index.
    """

    files: Path
    weights: Path
    quality: Path
    sites: Path
    store: Path
    index: Path

    def arguments(self, command: str, file: Path, out: Path, good: bool = False) -> list[object]:
        """Arguments of a command that reads a structure, or looks at what is no store or index.

        Args:
            command: Its name.
            file: What it is given.
            out: Folder that it may write to.
            good: Whether to train on good files too where labels of one are too few.
        """
        network, quiet = ["-m", self.weights], "--no-progress"
        task = self.task([file, *self.labelled() * good], out)
        if command in ("quality", "sites"):
            trained = self.quality if command == "quality" else self.sites
            return [command, file, "-o", out, "-m", trained, quiet, "--no-plot"]
        return {
            "embed": ["embed", file, "-o", out / "e.parquet", *network, quiet],
            "denoise": ["denoise", file, "-o", out / "d.cif", *network],
            "report": [
                "report", file, "-o", out / "r.html", *network, "--no-tasks", "--no-neighbors",
            ],
            "data build": ["data", "build", file, "-o", out / "store", quiet],
            "data export": ["data", "export", file, "-o", out / "files", quiet],
            "data info": ["data", "info", file],
            "data verify": ["data", "verify", file],
            "index build": ["index", "build", file, "-o", out / "index", *network, quiet],
            "index search": ["index", "search", self.index, file],
            "index info": ["index", "info", file],
            "pretrain": ["pretrain", file, "-o", out / "run", "--steps", 1, quiet],
            "finetune": ["finetune", task, "-o", out / "task", quiet],
        }[command]  # fmt: skip

    def labelled(self) -> list[Path]:
        """Good files of a chain each."""
        return [self.files / name for name in ("1aki.pdb", "1HE1_r_u.pdb", "1GCQ_r_b.pdb.gz")]

    def task(self, files: list[Path], out: Path) -> Path:
        """Write a table of labels of files, and the settings that name it."""
        rows = [f"{file},{number % 2}" for number, file in enumerate(files)]
        (out.parent / "labels.csv").write_text("\n".join(["file,label", *rows, ""]))
        settings = {
            "table": "labels.csv",
            "model": str(self.weights),
            "target": {"name": "x", "level": "protein"},
            "validation": 0.3,
            "test": 0.3,
            "training": {"steps": 1, "validate_every": 1, "hidden": 4, "residues": 300},
        }
        path = out.parent / "task.yaml"
        path.write_text(yaml.safe_dump(settings))
        return path


@pytest.fixture(scope="session")
def stage(test_files, weights, quality_folder, sites_folder, tmp_path_factory) -> Stage:
    """Good things, made once."""
    folder = tmp_path_factory.mktemp("stage")
    store, index = folder / "store", folder / "index"
    good = test_files / "1aki.pdb"
    assert run(["data", "build", good, "-o", store, "--no-progress"]).code == 0
    assert run(["index", "build", good, "-o", index, "-m", weights, "--no-progress"]).code == 0
    return Stage(test_files, weights, quality_folder, sites_folder, store, index)


@pytest.fixture(autouse=True)
def unharmed(tmp_path, monkeypatch):
    """Run in a folder of its own, and look afterwards for what a file had executed."""
    monkeypatch.chdir(tmp_path)
    yield
    assert not (tmp_path / HARM).exists()


@pytest.fixture
def out(tmp_path) -> Path:
    """An empty folder to write to."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def copied(tmp_path_factory) -> Path:
    """A copy of the kept files, which no command may change."""
    folder = tmp_path_factory.mktemp("hostile") / "files"
    return Path(shutil.copytree(FOLDER, folder))
