"""Embedding of many structure files, in parallel, whatever is wrong with some of them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from os import PathLike, fspath

import torch

from proteingraph.embedding.chains import ChainEmbedding, embed_structure
from proteingraph.errors import ConfigError, ProteinGraphError
from proteingraph.io import read_structure
from proteingraph.noise import NOISE_RANGE
from proteingraph.parallel import map_in_processes
from proteingraph.pretrain import DenoisingModel

__all__ = ["FileEmbeddings", "embed_files"]


@dataclass(frozen=True)
class FileEmbeddings:
    """What came of one file.

    Attributes:
        path: The file.
        chains: Embeddings of its chains; empty if it could not be read.
        reason: Why it could not be read; None if it could.
    """

    path: str
    chains: list[ChainEmbedding] = field(default_factory=list)
    reason: str | None = None


@dataclass(frozen=True)
class _Task:
    path: str
    chains: tuple[str, ...] | None
    complexes: bool
    sigma: float | None


_model: DenoisingModel | None = None  # of this worker process


def embed_files(
    model: str | PathLike[str],
    paths: Sequence[str | PathLike[str]],
    *,
    chains: Sequence[str] | None = None,
    complexes: bool = False,
    sigma: float | None = None,
    jobs: int = 1,
) -> Iterator[FileEmbeddings]:
    """Embed structure files, in the order given; a bad file becomes a record with its reason.

    The numbers do not depend on the other files, nor, but for rounding, on ``jobs``. A file
    whose process is killed (by the system, for want of memory) is a bad file too; the others go on.

    Args:
        model: Folder of saved weights.
        paths: Structure files.
        chains: Chains to embed. (default: all)
        complexes: Embed the chains of a file together. (default: :obj:`False`)
        sigma: Noise in Å that the network is told. (default: that of the model)
        jobs: Processes; no more are started than there are cores. (default: :obj:`1`)

    Raises:
        WeightsError: If the model cannot be loaded.
        ConfigError: If ``sigma`` is out of range.
    """
    if sigma is not None and not NOISE_RANGE[0] <= sigma <= NOISE_RANGE[1]:
        raise ConfigError(
            f"sigma must be from {NOISE_RANGE[0]:g} to {NOISE_RANGE[1]:g} Å, got {sigma:g}"
        )
    wanted = None if chains is None else tuple(chains)
    tasks = [_Task(fspath(path), wanted, complexes, sigma) for path in paths]
    loaded = DenoisingModel.from_pretrained(model)
    workers = min(jobs, len(tasks), os.cpu_count() or 1)
    if workers <= 1:
        for task in tasks:
            yield _embed(loaded, task)
        return
    yield from map_in_processes(
        _work,
        ([task] for task in tasks),
        jobs=workers,
        lost=_lost,
        start=_start_worker,
        arguments=(fspath(model), max(1, (os.cpu_count() or 1) // workers)),
    )


def _lost(task: _Task) -> FileEmbeddings:
    reason = f"{task.path}: its process was killed, perhaps for want of memory: split the file"
    return FileEmbeddings(task.path, reason=reason)


def _start_worker(model: str, threads: int) -> None:
    global _model
    torch.set_num_threads(threads)
    _model = DenoisingModel.from_pretrained(model)


def _work(task: _Task) -> FileEmbeddings:
    assert _model is not None
    return _embed(_model, task)


def _embed(model: DenoisingModel, task: _Task) -> FileEmbeddings:
    try:
        structure = read_structure(task.path, chains=task.chains)
        chains = embed_structure(model, structure, complexes=task.complexes, sigma=task.sigma)
    except ProteinGraphError as error:
        return FileEmbeddings(task.path, reason=str(error))
    return FileEmbeddings(task.path, chains)
