"""Stores that are made once and then kept in a data set's folder, with what was left out."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from os import PathLike, fspath
from pathlib import Path

import numpy as np
from torch_geometric.data import Data

from proteingraph.datasets.folder import Failure
from proteingraph.datasets.pack import ChainPack
from proteingraph.datasets.store import ChainStore, StoreWriter
from proteingraph.errors import DatasetError
from proteingraph.files import replace_folder

__all__ = ["keep_store"]

log = logging.getLogger(__name__)

AT_ONCE = 256
"""Graphs that are held in memory while a store is made."""


def keep_store(
    path: str | PathLike[str],
    make: Callable[[list[Failure]], Iterable[Data]],
    *,
    force: bool = False,
) -> tuple[ChainStore, list[Failure]]:
    """Open a store, making it first if it is not there.

    What was left out is kept in the store, and logged when the store is made. Of several processes
    one makes it, and the others wait.

    Args:
        path: folder of the store; made if absent.
        make: yields the graphs, a few at a time being held in memory, and lists what was left out.
        force: whether to make it anew even if it is there. Default: `False`.

    Returns:
        The store, its entries in the order of their names, and what was left out.

    Raises:
        DatasetError: if there was not one graph, or the files are damaged or cannot be written.
    """
    from filelock import FileLock

    target = Path(path)
    if force or not target.is_dir():
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(target.with_name(f".{target.name}.lock")):
                if force or not target.is_dir():
                    _make(target, make)
        except OSError as error:
            raise DatasetError(f"{fspath(path)}: cannot be written ({error})") from error
    store = ChainStore(target)
    rows = store.failures.to_numpy().tolist()
    failures = [Failure(Path(file), reason, chain) for file, chain, reason in rows]
    return store.subset(np.argsort(store.names, kind="stable")), failures


def _make(target: Path, make: Callable[[list[Failure]], Iterable[Data]]) -> None:
    """Make a store beside its place, and put it there when it is whole."""
    partial = target.with_name(f".{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)  # of a process that was killed
    failures: list[Failure] = []
    try:
        with StoreWriter(partial) as writer:
            for graphs in _batches(make(failures)):
                _append(writer, graphs, failures)
            if not len(writer):
                reasons = "\n".join(f"  {failure.reason}" for failure in failures[:5])
                raise DatasetError(f"{target}: not one structure could be read:\n{reasons}")
            for failure in failures:
                writer.fail(failure.path.as_posix(), failure.chain, failure.reason)
        replace_folder(partial, target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    if failures:
        log.warning(
            "%s: %d structures were left out (see .failures); the first: %s",
            target.name,
            len(failures),
            failures[0].reason,
        )


def _append(writer: StoreWriter, graphs: list[Data], failures: list[Failure]) -> None:
    """Append graphs; of those that cannot be stored, only they are left out."""
    try:
        writer.append(ChainPack.from_data(graphs))
    except DatasetError as error:
        if writer.torn:
            raise
        if len(graphs) == 1:
            failures.append(Failure(Path(graphs[0].name), str(error)))
            return
        for graph in graphs:
            _append(writer, [graph], failures)


def _batches(graphs: Iterable[Data]) -> Iterator[list[Data]]:
    source = iter(graphs)
    while batch := list(islice(source, AT_ONCE)):
        yield batch
