"""Building a store from files of all kinds, in parallel, to be resumed whenever it is stopped."""

from __future__ import annotations

import os
import time
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from proteingraph.datasets.store.items import Item, Outcome, read_item
from proteingraph.datasets.store.labels import LabelTable, read_labels
from proteingraph.datasets.store.layout import checksum
from proteingraph.datasets.store.reader import ChainStore
from proteingraph.datasets.store.sources import SHIPPED, Source, open_sources
from proteingraph.datasets.store.writer import StoreWriter
from proteingraph.errors import DatasetError
from proteingraph.parallel import Engine, map_in_processes

__all__ = ["build_store", "read_items"]


def build_store(
    sources: Sequence[str | PathLike[str]],
    path: str | PathLike[str],
    *,
    jobs: int = 1,
    engine: Engine | None = None,
    resume: bool = False,
    append: bool = False,
    complexes: bool = False,
    labels: str | PathLike[str] | None = None,
    mirror: str | PathLike[str] | None = None,
    commit_every: float = 5.0,
    report: Callable[[int, int], None] | None = None,
) -> ChainStore:
    """Build a store; what cannot be read is listed in its `failures` and left out.

    The store has the same bytes whatever the number of processes, and however often the build was
    killed and resumed. Entries are named and labelled as in a `ProteinFolder`.

    Args:
        sources: what to build from, see `open_sources`.
        path: folder of the store; made if need be.
        jobs: processes that read files; no more are started than there are cores. With more than
            one, a file whose process is killed (for want of memory) is a failure like any other,
            and a script that calls this needs the usual ``if __name__ == "__main__"``.
            Default: 1, none beside this.
        engine: workers elsewhere that read files, such as a `RayEngine`, instead of processes.
            Default: none.
        resume: go on with an unfinished build of the same sources; begin if there is none.
            Default: `False`.
        append: add to a finished store. Default: `False`.
        complexes: keep the chains of a file together in one entry. Default: `False`.
        labels: table of labels by name of entry, see `read_labels`. Default: none.
        mirror: folder in which listed PDB entries are looked for. Default: lists are refused.
        commit_every: seconds after which work is made safe; a killed build loses no more. Default:
            5.
        report: told the numbers of files (members of archives, runs of packed entries) done and to
            do. Default: none.

    Returns:
        The finished store.

    Raises:
        DatasetError: if a source, table or folder cannot be used, or an unfinished build is of
            other sources.
    """
    if resume and append:
        raise DatasetError("an append that was stopped is resumed with resume alone")
    names = [fspath(source) for source in sources]
    folder = None if mirror is None else Path(mirror)
    if folder is not None and not folder.is_dir():
        raise DatasetError(f"{folder}: no such folder, to be a mirror")
    opened = open_sources(names, folder)
    table = None if labels is None else read_labels(labels)
    asked = _asked(names, complexes, labels, mirror)
    with StoreWriter(path, resume=resume, append=append) as writer:
        if writer.finished:
            return ChainStore(path)
        total = 0 if report is None else sum(source.count() for source in opened)
        items = chain.from_iterable(source.items() for source in opened)
        tally = _Tally(asked)
        tally.pass_over(items, writer)
        writer.commit(tally.record())
        safe = time.monotonic()
        if engine is None:
            reading = read_items(items, complexes, jobs)
        else:
            reading = _read_elsewhere(engine, _Chunks(opened, tally.done), complexes)
        with closing(reading) as outcomes:
            for outcome in outcomes:
                _add(writer, outcome, table)
                tally.count(outcome.file)
                if time.monotonic() - safe >= commit_every:
                    writer.commit(tally.record())
                    safe = time.monotonic()
                if report is not None:
                    report(tally.done, max(tally.done, total))
    return ChainStore(path)


def _asked(
    sources: list[str],
    complexes: bool,
    labels: str | PathLike[str] | None,
    mirror: str | PathLike[str] | None,
) -> dict[str, Any]:
    """What has to be the same when a build is resumed."""
    return {
        "sources": [text if text == SHIPPED else os.path.abspath(text) for text in sources],
        "complexes": complexes,
        "labels": None if labels is None else checksum(Path(labels)).crc32,
        "mirror": None if mirror is None else os.path.abspath(mirror),
    }


@dataclass
class _Tally:
    """What is done of what was asked for: the number of items, and a checksum of their names."""

    asked: Mapping[str, Any]
    done: int = 0
    names: int = 0

    def count(self, file: str) -> None:
        self.done += 1
        self.names = zlib.crc32(file.encode() + b"\n", self.names)

    def record(self) -> dict[str, Any]:
        return {**self.asked, "done": self.done, "names": self.names}

    def pass_over(self, items: Iterator[Item], writer: StoreWriter) -> None:
        """Pass over the items of an earlier run, which must have been asked for the same."""
        known = writer.progress
        if not known:
            return
        for name, value in self.asked.items():
            if known.get(name) != value:
                raise DatasetError(
                    f"{writer.path}: was begun with other {name} ({known.get(name)}, now {value}): "
                    "resume it with the same, or remove the folder"
                )
        for item in islice(items, known["done"]):
            self.count(item.file)
        if self.record() != known:
            raise DatasetError(
                f"{writer.path}: the files to build from are not those it was begun with: bring "
                "them back, or remove the folder"
            )


def read_items(items: Iterator[Item], complexes: bool, jobs: int) -> Generator[Outcome, None, None]:
    """Read items, in their order.

    Args:
        items: what to read.
        complexes: whether to keep the chains of a file together.
        jobs: processes; no more are started than there are cores.

    Yields:
        What came of each.
    """
    read = partial(read_item, complexes=complexes)
    workers = min(jobs, os.cpu_count() or 1)
    if workers <= 1:
        yield from map(read, items)
    else:
        yield from map_in_processes(
            read, _chunks(items), jobs=workers, lost=_lost, start=_one_thread
        )


@dataclass(frozen=True)
class _Chunks:
    """What is left to read of sources, asked for where it is iterated."""

    sources: Sequence[Source]
    done: int

    def __iter__(self) -> Iterator[list[Item]]:
        items = chain.from_iterable(source.items() for source in self.sources)
        return _chunks(islice(items, self.done, None))


def _read_elsewhere(
    engine: Engine, chunks: _Chunks, complexes: bool
) -> Generator[Outcome, None, None]:
    read = partial(read_item, complexes=complexes)
    yield from engine(read, chunks, lost=_lost, start=_one_thread)


def _chunks(items: Iterator[Item]) -> Iterator[list[Item]]:
    """Items that go to a process at once: enough that handing them over does not count."""
    chunk: list[Item] = []
    for item in items:
        chunk.append(item)
        if sum(one.weight for one in chunk) >= 1:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _lost(item: Item) -> Outcome:
    reason = f"{item.file}: its process was killed, perhaps for want of memory: split the file"
    return Outcome(item.file, failures=((item.file, "", reason),))


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def _add(writer: StoreWriter, outcome: Outcome, table: LabelTable | None) -> None:
    """Write what came of an item."""
    if outcome.pack is not None and len(outcome.pack):
        try:
            writer.append(outcome.pack if table is None else table.label(outcome.pack))
        except DatasetError as error:
            if writer.torn:
                raise
            writer.fail(outcome.file, "", str(error))
    for failure in outcome.failures:
        writer.fail(*failure)
