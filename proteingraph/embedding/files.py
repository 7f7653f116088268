"""Embedding of many files and corpora, in parallel, whatever is wrong with some of them."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from proteingraph.embedding.chains import embed_graphs, embed_structure, in_batches
from proteingraph.embedding.parts import kept
from proteingraph.embedding.results import FileEmbeddings
from proteingraph.errors import ConfigError, DatasetError, ProteinGraphError
from proteingraph.io import parse_ranges, read_structure
from proteingraph.noise import NOISE_RANGE
from proteingraph.parallel import Engine, map_in_processes
from proteingraph.pretrain import DenoisingModel
from proteingraph.pretrain.memory import keep_freed_memory
from proteingraph.zoo import load_model
from proteingraph.zoo.fingerprint import fingerprint_of

if TYPE_CHECKING:
    from proteingraph.datasets.store.items import Item

__all__ = ["FileEmbeddings", "embed_files"]


@dataclass(frozen=True)
class _How:
    """What is embedded of each structure, and how."""

    chains: tuple[str, ...] | None
    ranges: str | None
    complexes: bool
    sigma: float | None
    pairs: bool


@dataclass(frozen=True)
class _Task:
    path: str
    how: _How
    item: Item | None = None  # of a corpus; None for a file of its own


_model: DenoisingModel | None = None  # of this worker process


def embed_files(
    model: str | PathLike[str],
    paths: Sequence[str | PathLike[str]],
    *,
    chains: Sequence[str] | None = None,
    ranges: str | None = None,
    complexes: bool = False,
    sigma: float | None = None,
    pairs: bool = False,
    jobs: int = 1,
    engine: Engine | None = None,
    parts: str | PathLike[str] | None = None,
    resume: bool = False,
    commit_every: float = 5.0,
    report: Callable[[int, int, int], None] | None = None,
) -> Iterator[FileEmbeddings]:
    """Embed structure files and corpora, in the order given; a bad file becomes a record.

    The numbers do not depend on the other files, nor, but for rounding, on ``jobs``. A file
    whose process is killed (by the system, for want of memory) is a bad file too; the others go on.

    Args:
        model: Name of a model of the zoo, or folder of weights.
        paths: Structure files; also folders, patterns, archives, stores, packed .npz files and
            what else `build_store` takes, of which `path` in a record says where an entry is from.
        chains: Chains to embed of each structure file. (default: all)
        ranges: Residues of each structure file to embed together as one domain, such as
            ``A:10-50,B:5A-90``. (default: whole chains)
        complexes: Embed the chains of a file together. (default: :obj:`False`)
        sigma: Noise in Å that the network is told. (default: that of the model)
        pairs: Whether to give pair embeddings too. (default: :obj:`False`)
        jobs: Processes; no more are started than there are cores. (default: :obj:`1`)
        engine: Workers elsewhere, such as a `RayEngine`, instead of processes.
            (default: none)
        parts: Folder in which results are kept as they come, for a run that is killed to go on
            from; remove it when they are where you want them. (default: none)
        resume: Take from that folder what a killed run of the same got done, if it holds any.
            (default: :obj:`False`)
        commit_every: Seconds after which results are kept; a killed run loses no more.
            (default: :obj:`5`)
        report: Told the numbers of pieces done and to do, and that of chains embedded.
            (default: none)

    Raises:
        WeightsError: If the model cannot be loaded.
        ConfigError: If ``sigma`` is out of range, chains or ranges of a corpus are asked for, or
            ``parts`` cannot be written to, or holds a run that is of something else or not to be
            resumed.
        StructureError: If the ranges are malformed.
        DatasetError: If a corpus cannot be opened, or another process is writing to ``parts``.
    """
    if sigma is not None and not NOISE_RANGE[0] <= sigma <= NOISE_RANGE[1]:
        raise ConfigError(
            f"sigma must be from {NOISE_RANGE[0]:g} to {NOISE_RANGE[1]:g} Å, got {sigma:g}"
        )
    if ranges is not None:
        parse_ranges(ranges)
        if chains is not None:
            raise ConfigError("chains or ranges: the ranges name their chains themselves")
    how = _How(None if chains is None else tuple(chains), ranges, complexes, sigma, pairs)
    tasks = [task for path in paths for task in _tasks(fspath(path), how)]
    done = embedded = 0
    workers = min(jobs, len(tasks), os.cpu_count() or 1)
    work = partial(_run, model, workers=workers, engine=engine)
    run: Iterable[list[FileEmbeddings]] = work(tasks)
    if parts is not None:
        asked, folder = _asked(model, tasks, how), Path(parts)
        run = kept(folder, asked, tasks, work, resume=resume, commit_every=commit_every)
    for results in run:
        for result in results:
            embedded += len(result.chains)
            yield result
        done += 1
        if report is not None:
            report(done, len(tasks), embedded)


def _tasks(path: str, how: _How) -> Iterator[_Task]:
    """Pieces of work of a structure file (one), or of what holds several structures."""
    # Imported when needed: `proteingraph embed FILE` is quicker without.
    from proteingraph.datasets.folder import is_structure_name
    from proteingraph.datasets.store.items import StructureItem
    from proteingraph.datasets.store.sources import SHIPPED, open_sources

    pattern = any(sign in path for sign in "*?[")
    corpus = path == SHIPPED or pattern or Path(path).exists()
    if not corpus or (is_structure_name(Path(path).name.lower()) and not Path(path).is_dir()):
        yield _Task(path, how)  # if it is not there, the reader says so
        return
    try:
        sources = open_sources([path])
    except DatasetError:
        if pattern or Path(path).is_dir():
            raise
        yield _Task(path, how)
        return
    for source in sources:
        for item in source.items():
            if isinstance(item, StructureItem) and item.content is None:
                yield _Task(item.path, how)
            elif how.chains is None and how.ranges is None:
                yield _Task(item.file, how, item)
            else:
                raise ConfigError(
                    f"{path}: chains and ranges are of structure files, not of entries of a corpus"
                )


def _asked(model: str | PathLike[str], tasks: Sequence[_Task], how: _How) -> dict[str, Any]:
    """What has to be the same when a run is resumed."""
    from proteingraph import __version__

    network = load_model(model)
    names = [task.path if task.item is None else f"{task.path}\t{task.item.file}" for task in tasks]
    return {
        "version of proteingraph": __version__,
        "model": f"{fspath(model)} {fingerprint_of(network.settings, network.state_dict())}",
        "list of files": [len(tasks), zlib.crc32("\n".join(names).encode("utf-8", "replace"))],
        **json.loads(json.dumps(asdict(how))),
    }


def _run(
    model: str | PathLike[str], tasks: Sequence[_Task], workers: int, engine: Engine | None
) -> Iterator[list[FileEmbeddings]]:
    keep_freed_memory()
    loaded = load_model(model)
    if not tasks or (engine is None and workers <= 1):
        for task in tasks:
            yield _embed(loaded, task)
        return
    threads = max(1, (os.cpu_count() or 1) // workers) if engine is None else engine.threads
    yield from (engine or partial(map_in_processes, jobs=workers))(
        _work,
        [[task] for task in tasks],
        lost=_lost,
        start=_start_worker,
        arguments=(fspath(model), threads),
    )


def _lost(task: _Task) -> list[FileEmbeddings]:
    reason = f"{task.path}: its process was killed, perhaps for want of memory: split the file"
    return [FileEmbeddings(task.path, reason=reason)]


def _start_worker(model: str, threads: int) -> None:
    global _model
    keep_freed_memory()
    torch.set_num_threads(threads)
    _model = load_model(model)


def _work(task: _Task) -> list[FileEmbeddings]:
    assert _model is not None
    return _embed(_model, task)


def _embed(model: DenoisingModel, task: _Task) -> list[FileEmbeddings]:
    how = task.how
    if task.item is not None:
        return _embed_item(model, task.item, how)
    try:
        structure = read_structure(task.path, chains=how.chains)
        chains = embed_structure(
            model,
            structure,
            ranges=how.ranges,
            complexes=how.complexes,
            sigma=how.sigma,
            pairs=how.pairs,
        )
    except ProteinGraphError as error:
        return [FileEmbeddings(task.path, reason=str(error))]
    return [FileEmbeddings(task.path, chains)]


def _embed_item(model: DenoisingModel, item: Item, how: _How) -> list[FileEmbeddings]:
    from proteingraph.datasets.store.items import read_item

    outcome = read_item(item, how.complexes)
    results = [FileEmbeddings(file, reason=reason) for file, _, reason in outcome.failures]
    if outcome.pack is not None:
        chains = [
            record
            for graphs in in_batches(outcome.pack)
            for record in embed_graphs(model, graphs, sigma=how.sigma, pairs=how.pairs)
        ]
        results.insert(0, FileEmbeddings(outcome.file, chains))
    return results
