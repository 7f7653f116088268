"""Pre-training from a store on disk, as from the chains in memory."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.data import DataLoader
from torch_geometric.data import Batch

from proteingraph.datasets import ChainPack, PackDataset, load_corpus
from proteingraph.datasets.store import ChainStore, StoreWriter
from proteingraph.pretrain.batches import CropDataset, training_loader
from proteingraph.pretrain.run import pretrain
from proteingraph.pretrain.split import load_split_corpus


@pytest.fixture
def store(corpus: ChainPack, tmp_path: Path) -> ChainStore:
    """The twelve domains on disk."""
    with StoreWriter(tmp_path / "store") as writer:
        writer.append(corpus)
    return ChainStore(tmp_path / "store")


def test_training_is_the_same(
    corpus: ChainPack,
    held_out: ChainPack,
    store: ChainStore,
    tmp_path: Path,
    small_config: Callable[..., Any],
    recorder: Any,
    weights_equal: Callable[[Path, Path], bool],
) -> None:
    losses = []
    for name, chains in (("pack", corpus), ("disk", store)):
        notes = recorder()
        config = small_config("steps=2")
        pretrain(chains, held_out, tmp_path / name, config, progress=False, callbacks=[notes])
        losses.append(notes.losses)
    assert losses[0] == losses[1] and len(losses[0]) == 2
    assert weights_equal(tmp_path / "pack", tmp_path / "disk")


def test_a_store_is_a_corpus(corpus: ChainPack, store: ChainStore) -> None:
    loaded = load_corpus(store.path)
    assert isinstance(loaded, ChainStore)
    assert loaded.names.tolist() == corpus.names.tolist()
    train, held_out = load_split_corpus(store.path)  # all are of split `train`
    assert isinstance(train, ChainStore)
    assert (len(train), len(held_out)) == (12, 0)


def test_a_store_is_a_data_set(store: ChainStore) -> None:
    small = PackDataset(store, pre_filter=lambda graph: graph.num_nodes < 50)
    assert [graph.name for graph in small] == store.names[store.lengths < 50].tolist()
    assert isinstance(small.pack, ChainStore)


def crops(loader: Any) -> list[torch.Tensor]:
    return [tensor for batch in islice(loader, 5) for tensor in (batch.pos, batch.seed)]


def assert_equal(some: list[torch.Tensor], others: list[torch.Tensor]) -> None:
    for one, other in zip(some, others, strict=True):
        assert torch.equal(one, other)


def test_worker_processes_read_the_same(corpus: ChainPack, store: ChainStore) -> None:
    here = crops(training_loader(CropDataset(corpus, crop=20), 100, seed=1))
    there = crops(training_loader(CropDataset(store, crop=20), 100, seed=1, workers=2))
    assert_equal(here, there)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_worker_processes_that_start_afresh(
    corpus: ChainPack, store: ChainStore, method: str
) -> None:
    batches = [[(row, row) for row in rows] for rows in ([3, 1], [0], [7, 8, 2], [11], [4])]
    here, there = (
        DataLoader(
            CropDataset(chains, crop=20),
            batch_sampler=batches,
            collate_fn=Batch.from_data_list,
            num_workers=workers,
            multiprocessing_context=method if workers else None,
        )
        for chains, workers in ((corpus, 0), (store.subset(range(12)), 2))
    )
    assert_equal(crops(here), crops(there))
