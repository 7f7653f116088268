"""How many chains a second workers of a Ray cluster embed, from a store and from files.

    python benchmarks/speed/ray_engine.py [--data-root FOLDER] [--rounds 3]

`embed_files` and `write_embeddings` with a `RayEngine` on this machine, one thread a worker, and
with one process without it to compare with. The store and the files (PDB) are those of `embed.py`,
made larger for more workers.

Rates by the clock are counted from when as many pieces have come as there are workers, so starting
(each worker imports PyTorch and loads the weights) is not in them, but beside; starting Ray itself
is told once. Other work on the machine spoils such rates: they are the best of the rounds, and
beside them are chains a second of processor time of the workers (of the process itself where there
are none), medians over the rounds, which leave out what Ray Data does around the work.

Workers run with the priority of other processes, where Ray would give them a lower one.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

# What the benchmarks share lies in this checkout; the package is the one that is installed.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from benchmarks.common import Run, print_table
from benchmarks.speed.embed import ROOT, Pieces, repeated, write_store
from benchmarks.speed.file_to_graph import entries
from proteingraph.datasets import ChainPack, load_cath_scop_mini
from proteingraph.datasets.store.sources import RUN
from proteingraph.embedding import embed_files, write_embeddings
from proteingraph.ray_engine import RayEngine

WEIGHTS = ("dsm_small", "dsm_base")
FILES, PIECES, ENTRIES = 48, 4, 4  # files, and pieces of the store, after the first, for a worker

Figures = dict[str, Any]


def clocked(work: Callable[[Any], Any], item: Any) -> tuple[Any, float]:
    """Result of an item, and the seconds of processor time that it took."""
    start = time.process_time()
    result = work(item)
    return result, time.process_time() - start


class Clocked:
    """An engine that adds up the processor time of its workers.

    Args:
        engine: The engine.
    """

    def __init__(self, engine: RayEngine) -> None:
        self._engine = engine
        self.threads = engine.threads
        self.seconds: list[float] = []

    def __call__(
        self, work: Any, chunks: Any, *, lost: Any, start: Any = None, arguments: Any = ()
    ) -> Iterator[Any]:
        """Apply a function to items, in order."""
        results = self._engine(
            partial(clocked, work), chunks, lost=lost, start=start, arguments=arguments
        )
        for result, seconds in results:
            self.seconds.append(seconds)
            yield result


def embed(weights: str, paths: Sequence[Path], output: Path, workers: int) -> Figures:
    """Embed with so many workers, or with this process if there are none."""
    engine = Clocked(RayEngine(workers)) if workers else None
    first = max(1, workers)
    start = time.perf_counter()
    pieces = Pieces(embed_files(weights, paths, engine=engine))
    used = time.process_time()
    write_embeddings(output, pieces)
    used, end = time.process_time() - used, time.perf_counter()
    began = pieces.moments[first - 1]
    processor = used if engine is None else sum(engine.seconds[first:])
    counted = pieces.chains if engine is None else pieces.chains[first:]
    return {
        "seconds_to_start": began - start,
        "chains_per_second": sum(pieces.chains[first:]) / (end - began),
        "chains_per_processor_second": sum(counted) / processor,
    }


def best(runs: Sequence[Figures]) -> Figures:
    """Figures of several runs of the same."""
    return {
        "seconds_to_start": min(run["seconds_to_start"] for run in runs),
        "chains_per_second": max(run["chains_per_second"] for run in runs),
        "chains_per_processor_second": median(r["chains_per_processor_second"] for r in runs),
        "all_chains_per_second": [run["chains_per_second"] for run in runs],
    }


def make_sources(folder: Path, options: argparse.Namespace) -> dict[str, dict[int, list[Path]]]:
    """What is embedded by how many workers (0: by this process)."""
    root = options.data_root
    corpus = (
        load_cath_scop_mini() if root is None else ChainPack.from_chains_npz(root / "chains.npz")
    )
    place = ROOT / "tests" / "data" if root is None else root / "files"
    held = entries(place, folder / "entries", 1 if options.quick else ENTRIES)["pdb"]
    (folder / "pdb").mkdir()
    for path in held:
        path.rename(folder / "pdb" / path.name)
    out: dict[str, dict[int, list[Path]]] = {"store": {}, "files": {}}
    for workers in options.workers:
        share, pieces = max(1, workers), 2 if options.quick else (1 + PIECES)
        number = share * (pieces * RUN if not options.quick else RUN + 8)
        out["store"][workers] = [write_store(folder / f"store{workers}", corpus, number)]
        files = 3 if options.quick else 1 + FILES
        out["files"][workers] = repeated(folder / "pdb", share * files)
    return out


def measure(folder: Path, options: argparse.Namespace) -> Iterator[Figures]:
    """Measure all in a scratch folder, all in turn, and yield what is known after each round."""
    sources, output = make_sources(folder, options), folder / "out.parquet"
    kinds = [
        (weights, source, workers)
        for weights in options.weights
        for source in sources
        for workers in sources[source]
    ]
    runs: dict[tuple[str, str, int], list[Figures]] = {kind: [] for kind in kinds}
    for number in range(options.rounds):
        for weights, source, workers in kinds if number % 2 == 0 else reversed(kinds):
            found = embed(weights, sources[source][workers], output, workers)
            runs[weights, source, workers].append(found)
            rate = found["chains_per_second"]
            print(f"round {number + 1}: {weights}, {source}, {workers}: {rate:.1f}", flush=True)
        out: Figures = {weights: {source: {} for source in sources} for weights in options.weights}
        for (weights, source, workers), found_all in runs.items():
            name = f"ray_{workers}" if workers else "one_process"
            out[weights][source][name] = best(found_all)
        yield out


def show(results: Figures) -> None:
    """Print the figures as a table."""
    rows = [
        (
            f"{weights}, {source}, {name.replace('_', ' ')}",
            f"{its['chains_per_second']:.1f}",
            f"{its['chains_per_processor_second']:.1f}",
            f"{its['seconds_to_start']:.1f}",
        )
        for weights, found in results.items()
        for source, by_workers in found.items()
        for name, its in by_workers.items()
    ]
    header = ("weights, source, workers", "chains / s", "chains / s of processor time", "start, s")
    print_table("embedding on workers of Ray", header, rows)


def main(argv: list[str] | None = None) -> None:
    """Measure, print the figures and write them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-root", type=Path, help="folder of the full corpus")
    parser.add_argument("--weights", nargs="+", default=list(WEIGHTS), help="models of the zoo")
    parser.add_argument(
        "--workers", nargs="+", type=int, default=[0, 1, 2], help="numbers of workers"
    )
    parser.add_argument("--rounds", type=int, default=3, help="the best counts (default: 3)")
    parser.add_argument("--quick", action="store_true", help="a few chains, once")
    parser.add_argument("--threads", type=int, default=1, help="threads of the one process")
    parser.add_argument("--json", type=Path, help="file to write (default: in results/)")
    arguments = parser.parse_args(argv)
    if arguments.quick:
        arguments.rounds, arguments.weights, arguments.workers = 1, ["dsm_tiny"], [0, 1]
    if arguments.json is None:
        arguments.json = Path(__file__).resolve().parent / "results" / "ray.json"
    os.environ.setdefault("RAY_worker_niceness", "0")
    run = Run(__file__, arguments, argv)
    import ray

    load = os.getloadavg()[0]  # above the number of cores, rates by the clock are too low
    with run.timed("starting Ray"):
        options = {"include_dashboard": False, "log_to_driver": False}
        ray.init("local", num_cpus=max(arguments.workers), **options)
    with tempfile.TemporaryDirectory() as scratch:
        for results in measure(Path(scratch), arguments):
            show(results)
            loads = {"load_average": load, "load_average_at_end": os.getloadavg()[0]}
            print(
                "processes at work: {load_average:.1f}, {load_average_at_end:.1f}".format(**loads)
            )
            run.write(ray=ray.__version__, **loads, results=results)
    ray.shutdown()


if __name__ == "__main__":
    main()
