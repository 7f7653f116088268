"""How quickly structures are found in an index, and what its vectors are best searched with.

    python benchmarks/speed/index.py --weights NAME [--sizes 20000 1000000]

Vectors are protein embeddings of the shipped domains (the scale is fitted to these, if the weights
have none), resampled to the sizes asked for: points between a domain and one of its nearest, with
noise. Queries are 100 domains that are not among them.

Compared are usearch and faiss, all vectors or a graph or lists of them, in half precision or less,
each opened and searched by a process of its own with one thread: time to build, size, recall of the
10 nearest by float32, first answer of a new process, and the median of the queries one by one.
Needs usearch and faiss-cpu. Processor time is given too, which other work disturbs less.

Then the package's own index of each size: a new process that opens it and searches with a vector
(imports and all, without the network), the command line with a structure file (network and all),
and queries one by one in a process that has opened it. Its entries have the CA traces of short
domains and their labels.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

# What the benchmarks share lies in this checkout; the package is the one that is installed.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from benchmarks.common import Run, print_table
from benchmarks.speed.engines import ENGINES, Vectors
from proteingraph.datasets import load_cath_scop_mini
from proteingraph.pretrain import DenoisingModel
from proteingraph.pretrain.readout import fit_readout
from proteingraph.search.network import embed_in_batches
from proteingraph.search.writer import Entry, IndexWriter
from proteingraph.zoo import load_model

ROOT = Path(__file__).resolve().parents[2]
QUERIES, K, NEAR, NOISE = 100, 10, 10, 0.3
BATCH = 10_000

PROGRAM = "from proteingraph.cli import main; main()"
COLD = """
import json, sys, time
import numpy as np
from proteingraph.search import Index
queries, found = np.load(sys.argv[2]), []
start = time.perf_counter()
index = Index.open(sys.argv[1])
opened = time.perf_counter() - start
entries, similarities = index.nearest(queries[0], 10)
index.hits(entries[0], similarities[0])
first, seconds, used = time.perf_counter() - start, [], []
for query in queries if len(sys.argv) > 3 else ():
    start, start_of_process = time.perf_counter(), time.process_time()
    entries, similarities = index.nearest(query, 10)
    index.hits(entries[0], similarities[0])
    seconds.append(time.perf_counter() - start)
    used.append(time.process_time() - start_of_process)
    found.append(entries[0].tolist())
print(json.dumps([opened, first, seconds, used, found]))
"""

Figures = dict[str, Any]


def embed(model: DenoisingModel, cached: Path) -> Vectors:
    """Unit vectors of the shipped domains, in an order of no meaning."""
    if not cached.exists():
        graphs = iter(load_cath_scop_mini())
        np.save(cached, np.concatenate([unit for _, unit in embed_in_batches(model, graphs)]))
    vectors: Vectors = np.load(cached)
    return np.random.default_rng(0).permutation(vectors)


def resample(vectors: Vectors, count: int) -> Vectors:
    """Unit vectors between one and another of its nearest, with noise; the first are as they are.

    The noise is a share of the spread of all vectors in each column.
    """
    random = np.random.default_rng(1)
    near = np.argsort(-(vectors @ vectors.T), axis=1)[:, 1 : NEAR + 1]
    out = np.empty((count, vectors.shape[1]), np.float32)
    deviation = NOISE * vectors.std(axis=0)
    for first in range(0, count, BATCH):
        size = min(BATCH, count - first)
        one = random.integers(len(vectors), size=size)
        other = near[one, random.integers(NEAR, size=size)]
        share = random.random((size, 1), np.float32)
        noise = deviation * random.standard_normal((size, vectors.shape[1]), np.float32)
        out[first : first + size] = (1 - share) * vectors[one] + share * vectors[other] + noise
    out[: len(vectors)] = vectors[:count]
    return out / np.linalg.norm(out, axis=1, keepdims=True)


def nearest(vectors: Vectors, queries: Vectors) -> NDArray[np.int64]:
    """Rows of the nearest by float32, ``[q, 10]``."""
    return np.argpartition(-(queries @ vectors.T), K, axis=1)[:, :K]


def measure_engine(name: str, vectors: Vectors, expected: NDArray[Any], folder: Path) -> Figures:
    """Build with an engine here, open and search in a new process."""
    place = folder / "engine"
    place.mkdir()
    start, used = time.perf_counter(), time.process_time()
    ENGINES[name].build(vectors, place)
    seconds, used = time.perf_counter() - start, time.process_time() - used
    command = [sys.executable, "-m", "benchmarks.speed.engines", name, str(place), str(K)]
    told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT)
    figures = json.loads(told.stdout)
    found = recall(figures.pop("found"), expected)
    size = sum(path.stat().st_size for path in place.iterdir()) / 2**20
    shutil.rmtree(place)
    about = {"build_seconds": seconds, "build_processor_seconds": used, "mib_on_disk": size}
    return {**about, "recall": found, **figures}


def write_index(path: Path, vectors: Vectors, model: DenoisingModel) -> None:
    """Write an index of vectors, with traces and labels of short shipped domains."""
    shipped = load_cath_scop_mini()
    short = shipped.subset(np.argsort(shipped.lengths, kind="stable")[:500])
    entries = [
        Entry(graph.name, "A", graph.pos.numpy(), {"cath": graph.cath_code, "scope": graph.sccs})
        for graph in short
    ]
    with IndexWriter(path) as writer:
        for first in range(0, len(vectors), len(entries)):
            part = vectors[first : first + len(entries)]
            writer.add(entries[: len(part)], part)
        writer.finish(model, "benchmark", sources=["resampled"])


def timed(command: list[str]) -> tuple[float, float, str]:
    """Seconds of a process from start to end, those of the processor, and what it prints."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT)
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, used, done.stdout


def measure_index(
    vectors: Vectors, model: DenoisingModel, expected: NDArray[Any], folder: Path, runs: int
) -> Figures:
    """The package's own index: cold without and with the network, and warm."""
    path, queries = folder / "own.index", folder / "queries.npy"
    start, used = time.perf_counter(), time.process_time()
    write_index(path, vectors, model)
    written, used = time.perf_counter() - start, time.process_time() - used
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) / 2**20
    without = [sys.executable, "-c", COLD, str(path), str(queries)]
    file = str(ROOT / "tests" / "data" / "1aki.pdb")
    whole = [sys.executable, "-c", PROGRAM, "index", "search", str(path), file]
    cold = [timed(without) for _ in range(runs)]
    told = [json.loads(text) for *_, text in cold]
    _, _, warm, warm_used, found = json.loads(timed([*without, "warm"])[2])
    with_network = [timed(whole) for _ in range(runs)]
    shutil.rmtree(path)
    return {
        "seconds_to_write": written,
        "processor_seconds_to_write": used,
        "mib_on_disk": size,
        "recall": recall(found, expected),
        "cold_process_seconds": median(cold, 0),
        "cold_process_processor_seconds": median(cold, 1),
        "cold_open_ms": 1000 * median(told, 0),
        "cold_open_and_search_ms": 1000 * median(told, 1),
        "command_line_seconds": median(with_network, 0),
        "command_line_processor_seconds": median(with_network, 1),
        "warm_median_ms": 1000 * float(np.median(warm)),
        "warm_slowest_tenth_ms": 1000 * float(np.quantile(warm, 0.9)),
        "warm_median_processor_ms": 1000 * float(np.median(warm_used)),
    }


def median(rows: Sequence[Sequence[Any]], place: int) -> float:
    """Median of one of several figures."""
    return float(np.median([row[place] for row in rows]))


def recall(found: list[list[int]], expected: NDArray[Any]) -> float:
    """Share of the nearest that are found, mean over queries."""
    shared = [len(set(a) & set(b)) / K for a, b in zip(found, expected.tolist(), strict=True)]
    return float(np.mean(shared))


def show(results: Figures) -> None:
    """Print a table of each size."""
    header = (
        "search",
        "build (s)",
        "size (MiB)",
        "recall",
        "first (ms)",
        "then (ms)",
        "memory (MiB)",
    )
    for size, parts in results.items():
        rows = [
            (
                name,
                f"{figures['build_processor_seconds']:,.1f}",
                f"{figures['mib_on_disk']:,.0f}",
                f"{figures['recall']:.3f}",
                f"{1000 * figures['seconds_to_first_answer']:,.1f}",
                f"{figures['median_ms']:,.2f}",
                f"{figures['median_processor_ms']:,.2f}",
                f"{figures['mib_own'] + figures['mib_mapped']:,.0f}",
            )
            for name, figures in parts["engines"].items()
        ]
        print_table(f"{int(size):,} vectors", header, rows)
        own = [(name.replace("_", " "), f"{value:,.4g}") for name, value in parts["index"].items()]
        print_table(f"the package's index of {int(size):,} entries", ("", "measured"), own)


def main() -> None:
    """Measure, print the figures and write them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", required=True, help="model of the zoo, or folder of weights")
    parser.add_argument("--sizes", type=int, nargs="+", default=[20_000, 1_000_000])
    parser.add_argument(
        "--engines", nargs="*", default=list(ENGINES), choices=[*ENGINES], help="default: all"
    )
    parser.add_argument("--scratch", type=Path, help="folder for 5 GB of temporary files")
    parser.add_argument("--vectors", type=Path, help="file that keeps the embeddings (.npy)")
    parser.add_argument("--runs", type=int, default=5, help="processes of each kind (default: 5)")
    parser.add_argument("--threads", type=int, default=1, help="threads to embed with")
    parser.add_argument("--json", type=Path, help="file to write (default: in results/)")
    arguments = parser.parse_args()
    run = Run(__file__, arguments)
    load = os.getloadavg()[0]  # above the number of cores, times by the clock are too long
    model = load_model(arguments.weights)
    results: Figures = {}
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as scratch:
        folder = Path(scratch)
        with run.timed("embed"):
            if not model.readout.columns:
                fit_readout(model, load_cath_scop_mini())
            shipped = embed(model, arguments.vectors or folder / "shipped.npy")
        np.save(folder / "queries.npy", shipped[:QUERIES])
        for size in arguments.sizes:
            with run.timed(f"resample {size}"):
                vectors = resample(shipped[QUERIES:], size)
                expected = nearest(vectors, shipped[:QUERIES])
            engines: Figures = {}
            for name in arguments.engines:
                with run.timed(f"engines {size}"):
                    engines[name] = measure_engine(name, vectors, expected, folder)
                print(name, size, engines[name], flush=True)
            with run.timed(f"index {size}"):
                own = measure_index(vectors, model, expected, folder, arguments.runs)
            results[str(size)] = {"engines": engines, "index": own}
    show(results)
    print(f"processes at work when this began: {load:.1f}")
    run.write(load_average=load, columns=int(shipped.shape[1]), sizes=results)


if __name__ == "__main__":
    main()
