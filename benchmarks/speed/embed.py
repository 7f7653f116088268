"""How many chains a second are embedded, from a store and from files, and where the time goes.

    python benchmarks/speed/embed.py [--data-root FOLDER]

`embed_files` and `write_embeddings`, as `proteingraph embed` calls them (vectors of proteins and
residues into a parquet file), by one process and by several, one thread each. The store holds
chains of the corpus that are evenly spread over its lengths up to 512 residues; the files are
entries that `FOLDER/files` (without it, the tests) has as PDB, mmCIF and BinaryCIF, over and over.

With one process, loading of the weights is not counted, and time is shared out among reading,
making the graph, the network (pooling and scaling too) and writing; the rest is what makes batches
and records. Figures are medians over rounds, of processor time too, which other work on the machine
disturbs less: shares are of that. With several processes it is run once, and counted from when each
of them (which imports PyTorch and loads the weights) has given its first piece, by the clock.

All files are warm: the disk is not measured.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

# What the benchmarks share lies in this checkout; the package is the one that is installed.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from benchmarks.common import Run, print_table
from benchmarks.speed.file_to_graph import FORMATS, ROOT, entries
from benchmarks.speed.stopwatch import Stopwatch
from proteingraph.datasets import ChainPack, load_cath_scop_mini
from proteingraph.datasets.store import StoreWriter, items
from proteingraph.datasets.store.sources import RUN
from proteingraph.embedding import FileEmbeddings, embed_files, files, write_embeddings
from proteingraph.pretrain import DenoisingModel

WEIGHTS = ("dsm_small", "dsm_base")
LONGEST, ENTRIES = 512, 4
FILES, PIECES = 24, 4  # files for one process; pieces of the store for each of several
LOADING, READING, GRAPH, NETWORK, WRITING = "loading", "reading", "graph", "network", "writing"
PARTS = (READING, GRAPH, NETWORK, WRITING)
OTHER = "other"

Figures = dict[str, Any]


class Pieces:
    """Results of embedding on their way to the writer, with the moment at which each came.

    Args:
        results: What came of each file or run of entries.
    """

    def __init__(self, results: Iterable[FileEmbeddings]) -> None:
        self._results = results
        self.moments: list[float] = []
        self.chains: list[int] = []
        self.residues: list[int] = []

    def __iter__(self) -> Iterator[FileEmbeddings]:
        for result in self._results:
            if result.reason is not None:
                raise SystemExit(f"{result.path}: {result.reason}")
            self.moments.append(time.perf_counter())
            self.chains.append(len(result.chains))
            self.residues.append(sum(len(chain.sequence) for chain in result.chains))
            yield result


def embed_alone(weights: str, paths: Sequence[Path], output: Path) -> Figures:
    """Embed with this process, and share out its time."""
    watch = Stopwatch(time.process_time)
    with ExitStack() as stack:
        for owner, function, part in (
            (files, "load_model", LOADING),
            (files, "read_structure", READING),
            (items, "read_item", READING),
            (DenoisingModel, "prepare", GRAPH),
            (DenoisingModel, "embed", NETWORK),
        ):
            stack.enter_context(watch.calls(owner, function, part))
        clock = Stopwatch()
        stack.enter_context(clock.calls(files, "load_model", LOADING))
        pieces = Pieces(watch.each(embed_files(weights, paths), OTHER))
        start, used = time.perf_counter(), time.process_time()
        with watch.part(WRITING):
            write_embeddings(output, pieces)
        seconds, used = time.perf_counter() - start, time.process_time() - used
    seconds, used = seconds - clock.seconds[LOADING], used - watch.seconds[LOADING]
    chains, residues = sum(pieces.chains), sum(pieces.residues)
    return {
        "chains_per_second": chains / seconds,
        "chains_per_processor_second": chains / used,
        "residues_per_second": residues / seconds,
        "residues_per_processor_second": residues / used,
        "shares": {part: watch.seconds[part] / used for part in (*PARTS, OTHER)},
    }


def embed_together(weights: str, paths: Sequence[Path], output: Path, jobs: int) -> Figures:
    """Embed with several processes, and count from when each has given something."""
    start = time.perf_counter()
    pieces = Pieces(embed_files(weights, paths, jobs=jobs))
    write_embeddings(output, pieces)
    began = pieces.moments[jobs - 1]
    seconds = time.perf_counter() - began
    return {
        "seconds_to_start": began - start,
        "chains_per_second": sum(pieces.chains[jobs:]) / seconds,
        "residues_per_second": sum(pieces.residues[jobs:]) / seconds,
    }


def write_store(folder: Path, corpus: ChainPack, number: int) -> Path:
    """Write a store of chains of all lengths, in an order of no meaning."""
    order = np.argsort(corpus.lengths, kind="stable")
    order = order[corpus.lengths[order] <= LONGEST]
    spread = order[np.linspace(0, len(order) - 1, number).astype(int)]
    with StoreWriter(folder) as writer:
        writer.append(corpus.subset(np.random.default_rng(0).permutation(spread)))
    return folder


def make_sources(folder: Path, corpus: ChainPack, source: Path, quick: bool) -> dict[str, Path]:
    """Write what is embedded by one process: a store, and folders of files by format."""
    held = entries(source, folder / "entries", 1 if quick else ENTRIES)
    out = {"store": write_store(folder / "store", corpus, 8 if quick else RUN)}
    for kind in FORMATS:
        out[kind] = folder / kind
        out[kind].mkdir()
        for path in held[kind]:
            path.rename(out[kind] / path.name)
    return out


def repeated(folder: Path, number: int) -> list[Path]:
    """Files of a folder over and over."""
    paths = sorted(folder.iterdir())
    return [paths[i % len(paths)] for i in range(number)]


def describe(sources: dict[str, Path], output: Path) -> dict[str, Figures]:
    """Number of chains of each source, and their mean length; all is run once by this."""
    out = {}
    for name, path in sources.items():
        pieces = Pieces(embed_files(WEIGHTS[0], [path]))
        write_embeddings(output, pieces)
        chains = sum(pieces.chains)
        out[name] = {"chains": chains, "mean_residues": sum(pieces.residues) / chains}
    return out


def measure_alone(
    sources: dict[str, Path], output: Path, names: Sequence[str], rounds: int, number: int
) -> dict[str, dict[str, Figures]]:
    """Rates and shares of one process, by weights and source, all in turn."""
    kinds = [(name, source) for name in names for source in sources]
    runs: dict[tuple[str, str], list[Figures]] = {kind: [] for kind in kinds}
    for turn in range(rounds):
        first = turn % len(kinds)
        for name, source in kinds[first:] + kinds[:first]:
            path = sources[source]
            paths = [path] if source == "store" else repeated(path, number)
            runs[name, source].append(embed_alone(name, paths, output))
    found: dict[str, dict[str, Figures]] = {name: {} for name in names}
    for (name, source), figures in runs.items():
        found[name][source] = {
            key: median(run[key] for run in figures) for key in figures[0] if key != "shares"
        }
        shares = [run["shares"] for run in figures]
        found[name][source]["shares"] = {
            part: median(s[part] for s in shares) for part in shares[0]
        }
    return found


def measure(folder: Path, run: Run, options: argparse.Namespace) -> Figures:
    """Measure all in a scratch folder."""
    root = options.data_root
    corpus = (
        load_cath_scop_mini() if root is None else ChainPack.from_chains_npz(root / "chains.npz")
    )
    place = ROOT / "tests" / "data" if root is None else root / "files"
    sources, output = make_sources(folder, corpus, place, options.quick), folder / "out.parquet"
    out: Figures = {"sources": describe(sources, output)}
    with run.timed("one process"):
        number = ENTRIES if options.quick else FILES
        alone = measure_alone(sources, output, options.weights, options.rounds, number)
    out["one_process"] = alone
    jobs = min(options.jobs, os.cpu_count() or 1)  # `embed_files` starts no more
    out["processes"] = jobs
    if jobs > 1:
        sources["store"] = write_store(folder / "large", corpus, RUN * PIECES * jobs)
        threads = max(1, (os.cpu_count() or 1) // jobs)
        out["threads_of_a_process"] = threads
        with run.timed("several processes"):
            out["several_processes"] = {
                name: {
                    source: embed_together(
                        name,
                        [path] if source == "store" else repeated(path, 6 * FILES * jobs),
                        output,
                        jobs,
                    )
                    for source, path in sources.items()
                }
                for name in options.weights
            }
    return out


def show(results: Figures) -> None:
    """Print the figures as a table."""
    rows = []
    for name, found in results["one_process"].items():
        for source, its in found.items():
            several = results.get("several_processes", {}).get(name, {}).get(source)
            shares = (f"{100 * share:.1f}" for share in its["shares"].values())
            more = "–" if several is None else f"{several['chains_per_second']:.1f}"
            rate, residues = (its[f"{of}_per_processor_second"] for of in ("chains", "residues"))
            rows.append((f"{name}, {source}", f"{rate:.1f}", f"{residues:,.0f}", *shares, more))
    header = ("weights, source", "chains / s", "residues / s", *(f"% {p}" for p in (*PARTS, OTHER)))
    print_table(
        "embedding: one process by processor time, and several by the clock",
        (*header, f"chains / s of {results['processes']}"),
        rows,
    )


def main(argv: list[str] | None = None) -> None:
    """Measure, print the figures and write them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-root", type=Path, help="folder of the full corpus")
    parser.add_argument("--weights", nargs="+", default=list(WEIGHTS), help="models of the zoo")
    parser.add_argument("--rounds", type=int, default=3, help="of one process (default: 3)")
    parser.add_argument("--jobs", type=int, default=2, help="processes, beside one (default: 2)")
    parser.add_argument("--quick", action="store_true", help="a few chains, by one process")
    parser.add_argument("--threads", type=int, default=1, help="threads of one process")
    parser.add_argument("--json", type=Path, help="file to write (default: in results/)")
    arguments = parser.parse_args(argv)
    if arguments.quick:
        arguments.rounds, arguments.jobs = 1, 1
    run = Run(__file__, arguments, argv)
    load = os.getloadavg()[0]  # above the number of cores, rates by the clock are too low
    with tempfile.TemporaryDirectory() as scratch:
        results = measure(Path(scratch), run, arguments)
    show(results)
    print(f"processes at work when this began: {load:.1f}")
    run.write(load_average=load, **results)


if __name__ == "__main__":
    main()
