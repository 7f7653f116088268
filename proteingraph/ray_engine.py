"""Work shared out over a cluster by Ray Data, in order, whichever of its workers are killed."""

from __future__ import annotations

import logging
import os
import pickle
import platform
import socket
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from proteingraph.errors import ConfigError

__all__ = ["RayEngine"]

Item = TypeVar("Item")
Result = TypeVar("Result")

ATTEMPTS = 2
"""Times that workers begin a chunk without ending it, until it is taken for what ends them."""


def _look_for(address: str) -> None:
    """Find out in seconds that nothing listens at an address, which Ray tries for minutes.

    Raises:
        OSError: If nothing does.
    """
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if host and port.isdigit():
        with socket.create_connection((host.strip("[]"), int(port)), timeout=10):
            pass


@dataclass(frozen=True)
class RayEngine:
    """Workers of a Ray cluster, to share out work to as `map_in_processes` does to processes.

    Chunks are numbered and pass through `Ray Data <https://docs.ray.io/en/latest/data/data.html>`_,
    which has each worker prepared once (a model loaded, say), keeps as many chunks on the way as
    the workers need, and gives the chunks of a worker that is killed to another. Results come back
    in order, each once. A chunk that workers were killed over `ATTEMPTS` times is tried item by
    item in a worker apart, and only what kills that one is given up.

    Every machine of the cluster must have this package, and see the same files by the same names:
    workers start in the folder of the process that calls.

    Args:
        workers: Processes that work. (default: as many as there are cores for)
        address: ``"local"`` to start Ray on this machine and end it afterwards, ``"auto"`` for the
            cluster that this machine belongs to, or address of a cluster. Where the process has
            called ``ray.init`` itself, that connection is used, and left open.
            (default: :obj:`"local"`)
        threads: Cores of each worker. (default: :obj:`1`)

    Raises:
        ConfigError: If ray is not installed.
    """

    workers: int | None = None
    address: str = "local"
    threads: int = 1

    def __post_init__(self) -> None:
        try:
            import ray.data  # noqa: F401
        except ImportError as error:
            raise ConfigError(
                f"the engine ray needs a package that is not installed ({error}): "
                "pip install 'torch-proteingraph[ray]'"
            ) from error

    def __call__(
        self,
        work: Callable[[Item], Result],
        chunks: Iterable[Sequence[Item]],
        *,
        lost: Callable[[Item], Result],
        start: Callable[..., None] | None = None,
        arguments: Sequence[Any] = (),
    ) -> Iterator[Result]:
        """Apply a function to items on the workers; results come in the order of the items.

        Args:
            work: Function of a module, or a partial of one.
            chunks: Items, as many at a time as should go to a worker at once. They are asked for on
                the cluster, as they are needed: must be picklable (by cloudpickle), and give the
                same however often it is iterated.
            lost: Gives the result of an item whose worker was killed.
            start: Function to call first in every worker. (default: none)
            arguments: Its arguments.

        Yields:
            The result of each item.

        Raises:
            ConfigError: If there is no cluster at the address, or none can be started.
        """
        with self._connected() as workers:
            from ray import cloudpickle

            how = cloudpickle.dumps((os.getcwd(), work, start, tuple(arguments)))
            expected = 0
            for number, outcome in self._outcomes(chunks, how, workers):
                if number != expected:  # Ray Data promises the order, and that nothing is lost
                    raise RuntimeError(f"chunk {number} came where {expected} was due")
                expected += 1
                if isinstance(outcome, _Raised):
                    raise outcome.error from RuntimeError(outcome.trace)
                if isinstance(outcome, _GivenUp):
                    yield from self._one_by_one(outcome.items, how, lost)
                else:
                    yield from outcome

    @contextmanager
    def _connected(self) -> Iterator[int]:
        """Connect to the cluster, and give the number of workers."""
        import ray

        mine = not ray.is_initialized()
        if mine:
            self._connect()
        try:
            cores = int(ray.cluster_resources().get("CPU", 1))
            yield self.workers or max(1, cores // self.threads)
        finally:
            if mine:
                ray.shutdown()

    def _connect(self) -> None:
        import ray

        # A run on files of one's own is nobody else's business.
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
        if self.address == "local":
            cores = None if self.workers is None else self.workers * self.threads
            options |= {"num_cpus": cores, "include_dashboard": False}
        try:
            _look_for(self.address)
            ray.init(self.address, **options)
        except Exception as error:  # Ray has no class of its own for it
            reason = str(error).partition("\n")[0]
            if self.address == "local":
                raise ConfigError(f"Ray cannot be started on this machine: {reason}") from error
            raise ConfigError(
                f"no Ray cluster at {self.address!r} ({reason}): start one by `ray start --head`, "
                "or leave the address out"
            ) from error

    def _outcomes(
        self, chunks: Iterable[Sequence[Any]], how: bytes, workers: int
    ) -> Iterator[tuple[int, Any]]:
        """Number of each chunk, and what came of it."""
        import ray.data
        from ray import cloudpickle

        logging.getLogger("ray.data").setLevel(logging.ERROR)
        ledger = ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)(_Ledger).remote()
        whole = {"folder": os.getcwd(), "chunks": cloudpickle.dumps(chunks)}
        # Without a core of its own: the workers take all there are.
        numbered = ray.data.from_items([whole]).flat_map(_numbered, num_cpus=0)
        done = numbered.map_batches(
            _Worker,
            fn_constructor_args=(how, ledger),
            batch_size=1,
            batch_format="pyarrow",
            compute=ray.data.ActorPoolStrategy(min_size=1, max_size=workers, initial_size=workers),
            num_cpus=self.threads,
        )
        context = done.context
        context.target_max_block_size = 1  # each chunk on its own
        context.execution_options.preserve_order = True
        context.execution_no_progress_timeout_s = -1  # a chunk may take as long as it needs
        context.enable_progress_bars = context.print_on_execution_start = False
        tables = done.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0)
        try:
            with closing(iter(tables)) as running:
                for table in running:
                    for row in table.to_pylist():
                        yield row["number"], pickle.loads(row["outcome"])
        finally:
            ray.kill(ledger)  # on a cluster that goes on, it would as well

    def _one_by_one(
        self, items: Sequence[Item], how: bytes, lost: Callable[[Item], Result]
    ) -> Iterator[Result]:
        """Results of items that a worker may die of, each tried in one that does nothing else."""
        import ray

        apart = ray.remote(num_cpus=0, max_restarts=0)(_Apart)
        worker = None
        for item in items:
            worker = apart.remote(how) if worker is None else worker
            try:
                outcome = pickle.loads(ray.get(worker.work.remote(item)))
            except ray.exceptions.RayError:
                worker = None
                yield lost(item)
                continue
            if isinstance(outcome, _Raised):
                raise outcome.error from RuntimeError(outcome.trace)
            yield from outcome


@dataclass(frozen=True)
class _Raised:
    """What came of a chunk on which the function raised an error."""

    error: Exception
    trace: str


@dataclass(frozen=True)
class _GivenUp:
    """What came of a chunk over which workers were killed."""

    items: Sequence[Any]


class _Ledger:
    """How often each chunk was begun that has not been ended."""

    def __init__(self) -> None:
        self._begun: Counter[int] = Counter()

    def begin(self, number: int) -> int:
        """Count that a chunk is begun, and return how often it was before."""
        self._begun[number] += 1
        return self._begun[number] - 1

    def end(self, number: int) -> None:
        """Forget a chunk."""
        del self._begun[number]


def _numbered(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the chunks, each with its number; runs on the cluster."""
    _enter(row["folder"])
    number = 0
    for chunk in pickle.loads(row["chunks"]):
        if chunk:
            yield {"number": number, "chunk": pickle.dumps(chunk)}
            number += 1


class _Crew:
    """What a worker does, once it is prepared to."""

    def __init__(self, how: bytes) -> None:
        self._how = how
        self._work: Callable[[Any], Any] | None = None

    def through(self, items: Callable[[], Sequence[Any]]) -> bytes:
        """Return the pickled results of items, or the error that there was."""
        try:
            if self._work is None:
                folder, work, start, arguments = pickle.loads(self._how)
                _enter(folder)
                if start is not None:
                    start(*arguments)
                self._work = work
            return pickle.dumps([self._work(item) for item in items()])
        except Exception as error:
            return pickle.dumps(_Raised(error, traceback.format_exc()))


class _Worker(_Crew):
    """What Ray Data calls on each chunk, in a process that is kept."""

    def __init__(self, how: bytes, ledger: Any) -> None:
        super().__init__(how)
        self._ledger = ledger

    def __call__(self, table: Any) -> Any:
        import pyarrow as pa
        import ray

        (row,) = table.to_pylist()
        number, chunk = row["number"], row["chunk"]
        if ray.get(self._ledger.begin.remote(number)) < ATTEMPTS:
            outcome = self.through(lambda: pickle.loads(chunk))
        else:
            outcome = pickle.dumps(_GivenUp(pickle.loads(chunk)))
        self._ledger.end.remote(number)
        # Large: results of one chunk may be more than the 2 GiB that other columns hold.
        return pa.table({"number": [number], "outcome": pa.array([outcome], pa.large_binary())})


class _Apart(_Crew):
    """A process for items that may be the end of it."""

    def work(self, item: Any) -> bytes:
        """Return the pickled result of an item, in a list."""
        return self.through(lambda: [item])


def _enter(folder: str) -> None:
    """Work in the folder of the process that calls, so that names mean the same."""
    if os.path.realpath(folder) == os.getcwd():
        return
    try:
        os.chdir(folder)
    except OSError as error:
        raise ConfigError(
            f"{folder}: cannot be entered on {platform.node()} ({error.strerror}): all machines of "
            "the cluster must see the same folders"
        ) from error
