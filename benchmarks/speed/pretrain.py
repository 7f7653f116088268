"""How many residues a second pre-training sees, and what share of its time the data take.

    python benchmarks/speed/pretrain.py [--data-root FOLDER]

`proteingraph.pretrain.run.pretrain`, as `proteingraph pretrain` calls it, with its checkpoints and
logs, on the chains of the corpus that are marked `train` for it (without one, on the shipped
domains), with the settings of `pretraining/graph.yaml`. No chains are held out, and no read-out is
fitted at the end. Runs with one thread and with several, and with and without a process that
prepares batches, come in turn, a round of all after the other; of each, steps after a warm-up are
timed by the clock, and figures are medians over rounds.

The data pipeline is what is waited for the next batch (chains read, cropped and joined), noise put
on it, and its graph: edges and all attributes, which are made of whole batches in the process that
trains, whatever prepares them. Memory is the peak of that process beside what it held before.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import lightning as L
import numpy as np
import torch
from torch.utils.data import DataLoader

# What the benchmarks share lies in this checkout; the package is the one that is installed.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from benchmarks.common import Run, print_table
from benchmarks.speed.roofline import peak_memory
from benchmarks.speed.stopwatch import Stopwatch
from proteingraph.datasets.protocol import Corpus
from proteingraph.pretrain import DenoisingModel, PretrainConfig, load_config
from proteingraph.pretrain.run import pretrain
from proteingraph.pretrain.split import load_split_corpus
from proteingraph.transforms import PerturbCoordinates

CONFIG = Path(__file__).resolve().parents[1] / "pretraining" / "graph.yaml"
PIPELINE = ("waiting for a batch", "noise", "graph")
QUICK = ("data.residues=200", "data.crop=100", "model.encoder.layers=2")

Figures = dict[str, Any]


@dataclass(frozen=True)
class Mark:
    """What had been used when a step ended."""

    seconds: float
    processor_seconds: float
    residues: int
    parts: dict[str, float]


class Pace(L.Callback):
    """Takes a mark at the end of some steps.

    Args:
        watch: Times the parts.
        steps: Numbers of the steps, counted from 1.
    """

    def __init__(self, watch: Stopwatch, steps: Sequence[int]) -> None:
        self.watch, self.steps = watch, steps
        self.marks: list[Mark] = []

    def on_train_batch_end(self, trainer: Any, module: Any, *_: Any) -> None:
        """Take a mark."""
        if module.global_step in self.steps:
            times = time.perf_counter(), time.process_time()
            self.marks.append(Mark(*times, module.residues, dict(self.watch.seconds)))


def measure_run(
    train: Corpus, config: PretrainConfig, warmup: int, device: torch.device
) -> Figures:
    """Pre-train once, and time the steps after the warm-up."""
    assert config.steps is not None
    watch = Stopwatch(device=device)
    pace = Pace(watch, (warmup, config.steps))
    gc.collect()  # networks of runs before, so that their memory is not used again
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        stack.enter_context(watch.iterations(DataLoader, PIPELINE[0]))
        stack.enter_context(watch.calls(PerturbCoordinates, "__call__", PIPELINE[1]))
        stack.enter_context(watch.calls(DenoisingModel, "prepare", PIPELINE[2]))
        none = train.subset(np.arange(0))
        peak = peak_memory(
            lambda: pretrain(train, none, folder, config, progress=False, callbacks=[pace]), device
        )
    first, last = pace.marks
    seconds, steps = last.seconds - first.seconds, config.steps - warmup
    parts = {name: last.parts[name] - first.parts[name] for name in PIPELINE}
    return {
        "residues_per_second": (last.residues - first.residues) / seconds,
        "seconds_a_step": seconds / steps,
        "processor_seconds_a_step": (last.processor_seconds - first.processor_seconds) / steps,
        "pipeline": sum(parts.values()) / seconds,
        "shares": {name: spent / seconds for name, spent in parts.items()},
        "peak_bytes": peak,
    }


def summary(threads: int, workers: int, runs: Sequence[Figures]) -> Figures:
    """Medians over the rounds of one setting; its rates in each."""
    figures = {name: [run[name] for run in runs] for name in runs[0]}
    shares, peaks = figures.pop("shares"), figures.pop("peak_bytes")
    return {
        "threads": threads,
        "workers": workers,
        "rounds": len(runs),
        **{name: median(values) for name, values in figures.items()},
        "shares": {name: median(its[name] for its in shares) for name in PIPELINE},
        "peak_bytes": None if None in peaks else max(peaks),
        "residues_per_second_by_round": figures["residues_per_second"],
    }


def measure(train: Corpus, settings: list[str], options: argparse.Namespace) -> list[Figures]:
    """Run all settings in turn."""
    kinds = [(threads, workers) for threads in options.cores for workers in options.workers]
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")  # as Lightning chooses
    runs: dict[tuple[int, int], list[Figures]] = {kind: [] for kind in kinds}
    for turn in range(options.rounds):
        for threads, workers in kinds[turn % len(kinds) :] + kinds[: turn % len(kinds)]:
            torch.set_num_threads(threads)
            config = load_config(options.config, [*settings, f"data.workers={workers}"])
            figures = measure_run(train, config, options.warmup, device)
            runs[threads, workers].append(figures)
            told = f"{figures['residues_per_second']:,.0f} residues a second"
            told += f", {100 * figures['pipeline']:.1f} % of the time for the data"
            print(f"{threads} threads, {workers} workers: {told}", flush=True)
    return [summary(*kind, figures) for kind, figures in runs.items()]


def show(settings: Sequence[Figures]) -> None:
    """Print the figures as a table."""
    rows = [
        (
            f"{its['threads']}, {its['workers']}",
            f"{its['residues_per_second']:,.0f}",
            f"{1e3 * its['seconds_a_step']:,.1f}",
            *(f"{100 * share:.2f}" for share in (*its["shares"].values(), its["pipeline"])),
            "" if its["peak_bytes"] is None else f"{its['peak_bytes'] / 2**20:,.0f}",
        )
        for its in settings
    ]
    header = ("threads, workers", "residues / s", "ms a step", *(f"% {name}" for name in PIPELINE))
    print_table("pre-training", (*header, "% all data", "peak (MiB)"), rows)


def main(argv: list[str] | None = None) -> None:
    """Measure, print the figures and write them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-root", type=Path, help="folder of the full corpus")
    parser.add_argument("--config", type=Path, default=CONFIG, help="default: graph.yaml")
    parser.add_argument("--steps", type=int, default=60, help="steps timed (default: 60)")
    parser.add_argument("--warmup", type=int, default=10, help="steps before (default: 10)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each kind (default: 3)")
    parser.add_argument(
        "--workers", type=int, nargs="+", default=[0, 1], help="that prepare batches (default: 0 1)"
    )
    parser.add_argument(
        "--threads", type=int, default=2, help="threads to compute with, beside one (default: 2)"
    )
    parser.add_argument("--quick", action="store_true", help="a few steps of a small network")
    parser.add_argument("--json", type=Path, help="file to write (default: in results/)")
    arguments = parser.parse_args(argv)
    if arguments.quick:
        arguments.steps, arguments.warmup, arguments.rounds, arguments.workers = 3, 1, 1, [0]
    arguments.cores = sorted({1, arguments.threads})
    run = Run(__file__, arguments, argv)
    load = os.getloadavg()[0]  # above the number of cores, times by the clock are too long
    root = arguments.data_root
    with run.timed("reading"):
        corpus, table = (
            ("cath-scop-mini", None) if root is None else (root / "chains.npz", root / "splits.tsv")
        )
        train, _ = load_split_corpus(corpus, table, "pretrain")
    settings = [f"steps={arguments.warmup + arguments.steps}", "minutes=null", "model.readout=0"]
    settings += QUICK if arguments.quick else ()
    with run.timed("runs"):
        figures = measure(train, settings, arguments)
    show(figures)
    print(f"processes at work when this began: {load:.1f}")
    config = load_config(arguments.config, settings).to_dict()
    run.write(load_average=load, chains=len(train), config=config, settings=figures)


if __name__ == "__main__":
    main()
