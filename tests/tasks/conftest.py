"""Small networks and labelled domains that the tests of supervised tasks share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from proteingraph.datasets import ChainPack, load_cath_scop_mini
from proteingraph.pretrain import DenoisingModel


@pytest.fixture(autouse=True)
def one_thread() -> Any:
    """Compute with one thread: so small networks are no quicker with more."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def model() -> DenoisingModel:
    """A small network with random parameters."""
    torch.manual_seed(3)
    sizes = {"channels": 16, "pair_channels": 12, "hidden_channels": 16, "layers": 2}
    return DenoisingModel(graph={"k": 8, "offsets": [1, 2]}, encoder=sizes)


@pytest.fixture(scope="session")
def domains() -> ChainPack:
    """The twelve shortest domains of the shipped training set, CA only."""
    pack = load_cath_scop_mini()
    train = pack.subset(np.asarray(pack.labels["split"]) == "train")
    return train.subset(np.argsort(train.lengths, kind="stable")[:12]).trace()


@pytest.fixture
def labels() -> np.ndarray:
    """Three classes of the twelve domains, that have nothing to do with their structures."""
    return np.arange(12) % 3
