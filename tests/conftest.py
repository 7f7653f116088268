"""Fixtures shared by all tests: folders of real structures, and of weights."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from proteingraph.pretrain import DenoisingModel

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def test_files() -> Path:
    """Folder of the small real structure files kept with the tests."""
    return HERE / "data"


@pytest.fixture(scope="session")
def data_root() -> Path:
    """Folder of the full corpora; tests that need it are skipped where it is absent."""
    root = Path(os.environ.get("PROTEINGRAPH_DATA", HERE.parents[1] / "shared" / "data"))
    if not (root / "chains.npz").is_file():
        pytest.skip("full corpora not found; set PROTEINGRAPH_DATA to their folder")
    return root


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a small network with random weights."""
    torch.manual_seed(0)
    sizes = {"channels": 16, "pair_channels": 12, "hidden_channels": 16, "layers": 2}
    folder = tmp_path_factory.mktemp("weights")
    DenoisingModel(graph={"k": 8, "offsets": [1, 2]}, encoder=sizes).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def quality_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a small task that predicts lDDT, really trained."""
    from helpers.trained_tasks import quality_task

    folder = tmp_path_factory.mktemp("tasks") / "small_quality"
    quality_task().save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def sites_folder(test_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a small task that predicts interfaces, really trained."""
    from helpers.trained_tasks import sites_task

    folder = tmp_path_factory.mktemp("tasks") / "small_sites"
    sites_task(test_files).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def features_folder(test_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of one that needs two further features."""
    from helpers.trained_tasks import sites_task

    folder = tmp_path_factory.mktemp("tasks") / "with_features"
    sites_task(test_files, ("conservation", "depth")).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[None]:
    """Ray with two workers on this machine, which engines connect to as they find it open."""
    ray = pytest.importorskip("ray")
    paths = [str(HERE), os.environ.get("PYTHONPATH", "")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))  # for workers to import
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()
