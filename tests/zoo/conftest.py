"""Fixtures of the tests of the zoo: folders of the zoo that may be changed, and a trained task."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from proteingraph.datasets import load_cath_scop_mini
from proteingraph.tasks import Target, TaskConfig
from proteingraph.tasks.examples import Examples
from proteingraph.zoo import load_model, registry
from proteingraph.zoo.about import About, AboutData
from proteingraph.zoo.publish import publish

BASE = "dsm_tiny.pdb2018"
TRAINING = {"chains": 12, "validation_chains": 12, "seconds": 1.5, "torch": torch.__version__}


@pytest.fixture(autouse=True)
def one_thread() -> Any:
    """Compute with one thread: so small networks are no quicker with more."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def zoo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy of the smallest shipped weights, as all there is in the zoo."""
    folder = tmp_path / "zoo"
    shutil.copytree(registry.SHIPPED / BASE, folder / BASE)
    monkeypatch.setattr(registry, "SHIPPED", folder)
    return folder / BASE


@pytest.fixture(scope="session")
def about_task() -> About:
    """What a person says of the task."""
    return About(
        name="crowd_tiny.test",
        description="Crowding of residues.",
        licence="MIT",
        objective="cross entropy",
        data=AboutData("shipped domains", "CC0", "validation domains", "none"),
        command="pytest",
        commit="c628809",
        hardware="this machine",
        use="tests",
        limits=["a few steps"],
        seeds=[0, 1, 2],
    )


def crowding(split: str) -> Examples:
    """The twelve shortest domains of a split; neighbors within 10 Å of each residue, of 40."""
    pack = load_cath_scop_mini()
    pack = pack.subset(np.asarray(pack.labels["split"]) == split)
    pack = pack.subset(np.argsort(pack.lengths, kind="stable")[:12]).trace()
    near = [(torch.cdist(chain.pos, chain.pos) < 10).sum(dim=1) for chain in pack]
    return Examples(pack, [(count / 40).clamp(max=1).numpy() for count in near])


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a task that the smallest shipped network was trained for, a few steps."""
    from proteingraph.tasks.evaluate import calibrate
    from proteingraph.tasks.run import fit_target

    folder = tmp_path_factory.mktemp("task")
    target = Target(kind="regression", bounded=True, name="crowding")
    config = TaskConfig(steps=3, validate_every=3, hidden=16, residues=300, seed=5)
    validation = crowding("validation")
    fitted = fit_target(load_model(BASE), crowding("train"), validation, target, config)
    training = {"steps": fitted.steps, **TRAINING}
    calibrate(fitted, validation, training=training).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def published(trained: Path, about_task: About, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a folder of the zoo; not to be changed."""
    folder = tmp_path_factory.mktemp("published") / about_task.name
    publish(trained, folder, about_task, base="dsm_tiny")
    return folder


@pytest.fixture
def task(zoo: Path, published: Path) -> Path:
    """A copy of it beside its base, as all there is in the zoo."""
    return Path(shutil.copytree(published, zoo.with_name(published.name)))
