"""Work shared out among processes, in order, that goes on when one of them is killed."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

__all__ = ["Engine", "map_in_processes"]

Item = TypeVar("Item")
Result = TypeVar("Result")

AHEAD = 4
"""Chunks handed out for each process: enough that none waits while an earlier chunk takes long."""


class Engine(Protocol):
    """Workers elsewhere that work can be shared out to, as `map_in_processes` does to processes."""

    @property
    def threads(self) -> int:
        """Cores of each worker."""
        ...

    def __call__(
        self,
        work: Callable[[Item], Result],
        chunks: Iterable[Sequence[Item]],
        *,
        lost: Callable[[Item], Result],
        start: Callable[..., None] | None = None,
        arguments: Sequence[Any] = (),
    ) -> Iterator[Result]:
        """Apply a function to items, in order; the chunks may be asked for elsewhere, and again."""
        ...


def map_in_processes(
    work: Callable[[Item], Result],
    chunks: Iterable[Sequence[Item]],
    *,
    jobs: int,
    lost: Callable[[Item], Result],
    start: Callable[..., None] | None = None,
    arguments: Sequence[Any] = (),
) -> Iterator[Result]:
    """Apply a function to items in several processes; results come in the order of the items.

    Chunks are asked for as they are needed, so they may be many, or be read from a stream. When a
    process is killed (by the system, for want of memory), the items that may have been its end are
    tried one by one in a process apart, and only what kills that one is given up.

    Processes are started afresh ("spawn"): a script that calls this needs the usual
    ``if __name__ == "__main__"``. They do not hear Ctrl-C, and end with the process that started
    them, however that ends.

    Args:
        work: Function of a module, or a partial of one.
        chunks: Items, as many at a time as should go to a process at once.
        jobs: Processes.
        lost: Gives the result of an item whose process was killed.
        start: Function to call first in every process. (default: none)
        arguments: Its arguments.

    Yields:
        The result of each item.
    """
    crew = _Crew(work, start, arguments)
    source = iter(chunks)
    waiting: deque[Sequence[Item]] = deque()  # handed out, or to be, and not yet come back
    while True:
        try:
            with crew.pool(jobs) as pool:
                sent = deque(crew.send(pool, chunk) for chunk in waiting)
                while True:
                    for chunk in _take(source, AHEAD * jobs - len(sent)):
                        waiting.append(chunk)
                        sent.append(crew.send(pool, chunk))
                    if not sent:
                        return
                    results = sent.popleft().result()
                    waiting.popleft()
                    yield from results
        except BrokenProcessPool:
            # Any of the chunks then at work may have been its end: the first is tried apart.
            yield from _one_by_one(crew, waiting.popleft(), lost)


def _take(source: Iterator[Sequence[Item]], number: int) -> Iterator[Sequence[Item]]:
    """Yield at most so many chunks more, passing over empty ones."""
    for chunk in source if number > 0 else ():
        if chunk:
            yield chunk
            number -= 1
            if number <= 0:
                return


def _one_by_one(
    crew: _Crew[Item, Result], items: Sequence[Item], lost: Callable[[Item], Result]
) -> Iterator[Result]:
    """Results of items that a process may die of, each tried when nothing else is at work."""
    done = 0
    while done < len(items):
        try:
            with crew.pool(1) as pool:
                while done < len(items):
                    (result,) = crew.send(pool, [items[done]]).result()
                    done += 1
                    yield result
        except BrokenProcessPool:
            done += 1
            yield lost(items[done - 1])


@dataclass(frozen=True)
class _Crew(Generic[Item, Result]):
    """How processes are started and what they do."""

    work: Callable[[Item], Result]
    start: Callable[..., None] | None
    arguments: Sequence[Any]

    @contextmanager
    def pool(self, jobs: int) -> Iterator[ProcessPoolExecutor]:
        pool = ProcessPoolExecutor(
            jobs,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
            # As bytes: the process watches its parent before it imports what these need.
            initargs=(pickle.dumps((self.start, tuple(self.arguments))),),
        )
        try:
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)

    def send(self, pool: ProcessPoolExecutor, chunk: Sequence[Item]) -> Future[list[Result]]:
        with _deaf_children():  # a process is started when there is work for it
            return pool.submit(_work_through, self.work, chunk)


def _begin(prepared: bytes) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    start, arguments = pickle.loads(prepared)
    if start is not None:
        start(*arguments)


def _end_with_parent() -> None:
    """Leave when the parent has been killed: nobody would ever tell this process to."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work_through(work: Callable[[Item], Result], chunk: Sequence[Item]) -> list[Result]:
    return [work(item) for item in chunk]


@contextmanager
def _deaf_children() -> Iterator[None]:
    """Start processes that do not hear Ctrl-C, which the terminal sends to all: the parent does."""
    if not hasattr(signal, "pthread_sigmask"):  # pragma: no cover
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
