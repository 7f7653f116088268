"""What tests of the benchmarks share; also puts `benchmarks` where they can import it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from proteingraph.pretrain import DenoisingModel

sys.path.append(str(Path(__file__).parents[2]))


@pytest.fixture(autouse=True)
def one_thread():
    """Compute with one thread: so small networks are no quicker with more."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def guessing_weights(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a small network whose estimates are not zero."""
    model = DenoisingModel.from_pretrained(weights)
    assert model.gradient is not None
    torch.manual_seed(1)
    torch.nn.init.normal_(model.gradient.network[-1].weight, std=0.1)
    folder = tmp_path_factory.mktemp("guessing")
    model.save_pretrained(folder)
    return folder
