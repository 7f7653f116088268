"""Fold classification with and without pre-training, on held-out superfamilies and families.

    python benchmarks/scop/fold_classification.py --weights FOLDER... [--data-root FOLDER]

A network is trained to tell the SCOPe fold of a domain: from pre-trained weights, and for the same
steps, with the same head and data, from scratch. Three test sets say how far that carries: domains
of superfamilies that were not trained on (`fold`), of families that were not (`superfamily`), and
of families that were (`family`). Each seed draws other sets and other parameters. Beside them, what
takes no training: the fold of the nearest training domain, by the embedding of the pre-trained
network or by composition.

By default domains are those of the splits `validation` and `test`, which pre-training has not seen.
With `--splits all` those of `train` are added: pre-training has seen these structures, unlabelled.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import recall_score

# What the benchmarks share lies in this checkout; the package is the one that is installed.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from benchmarks.common import (
    Network,
    Run,
    composition,
    embed_pack,
    load_domains,
    load_networks,
    make_parser,
    print_table,
    spread,
)
from benchmarks.scop.similarity import cosine
from proteingraph.datasets import ChainPack
from proteingraph.datasets.hierarchy import SCOP_LEVELS, code_at_level, number_classes
from proteingraph.datasets.holdout import HOLDOUTS, split_holdouts
from proteingraph.parallel import map_in_processes
from proteingraph.pretrain import DenoisingModel
from proteingraph.pretrain.memory import keep_freed_memory
from proteingraph.tasks import TaskConfig

SPLITS = {"unseen": ("validation", "test"), "all": ("train", "validation", "test")}
FRACTIONS = {"fold": 0.1, "superfamily": 0.1, "family": 0.1, "validation": 0.08}
STARTS = {"finetune": "pre-trained", "scratch": "from scratch"}

READOUT = "directed@1"
"""How nearest domains are found: what `retrieval.py` finds to be good on validation domains."""

Labels = NDArray[np.int64]
Record = dict[str, Any]


@dataclass(frozen=True)
class Domains:
    """Which domains are classified.

    Attributes:
        splits: Splits that they are of.
        number: How many, evenly spread; None for all.
        data_root: Folder of the full corpus; None for the shipped domains.
    """

    splits: tuple[str, ...]
    number: int | None = None
    data_root: Path | None = None

    def read(self) -> tuple[ChainPack, Labels]:
        """The domains, and the number of the fold of each."""
        packs = load_domains(self.data_root)
        pack = ChainPack.from_data(graph for split in self.splits for graph in packs[split])
        pack = spread(pack, self.number)
        folds = [code_at_level(code, "fold", SCOP_LEVELS) for code in pack.labels["sccs"]]
        return pack, number_classes(folds)[0]


@dataclass(frozen=True)
class Job:
    """One training of a network in the shape of a folder's weights, from these or from scratch."""

    name: str
    folder: Path
    domains: Domains
    config: TaskConfig


def deal(pack: ChainPack, seed: int) -> NDArray[np.str_]:
    """Set of each domain: `train`, `validation` or one of `HOLDOUTS`."""
    return split_holdouts(pack.names.tolist(), pack.labels["sccs"].tolist(), seed, FRACTIONS)


def judge(sets: NDArray[np.str_], labels: Labels, guess: Labels) -> Record:
    """Share of each test set whose fold is guessed, over domains and as a mean over folds."""
    figures: Record = {}
    for name in HOLDOUTS:
        true, guessed = labels[sets == name], guess[sets == name]
        figures[name] = float(np.mean(true == guessed))
        figures[f"{name}_by_fold"] = recall_score(
            true, guessed, labels=np.unique(true), average="macro", zero_division=0.0
        )
    return figures


def run_job(job: Job) -> Record:
    """Train once, and judge; the seed of the settings also draws the sets."""
    from proteingraph.tasks.run import fit, predict

    start = time.perf_counter()
    pack, labels = job.domains.read()
    sets = deal(pack, job.config.seed)
    train, validation = (
        (pack.subset(sets == name), labels[sets == name]) for name in ("train", "validation")
    )
    model = DenoisingModel.from_pretrained(job.folder)
    fitted = fit(model, train, validation, int(labels.max()) + 1, job.config)
    tested = np.isin(sets, HOLDOUTS)
    guess = np.full(len(labels), -1)
    guess[tested] = predict(fitted.task, pack.subset(tested)).argmax(axis=1)
    return {
        "method": f"{job.name}, {STARTS[job.config.mode]}",
        "seed": job.config.seed,
        **judge(sets, labels, guess),
        "steps": fitted.steps,
        "validation_loss": fitted.best_loss,
        "seconds": round(time.perf_counter() - start, 1),
    }


def run_jobs(jobs: Sequence[Job], processes: int) -> Iterator[Record]:
    """Run trainings, several at a time on a share of the threads each."""
    if processes <= 1:
        return map(run_job, jobs)
    threads = max(1, torch.get_num_threads() // processes)
    return map_in_processes(
        run_job,
        ([job] for job in jobs),
        jobs=processes,
        lost=_lost,
        start=_start_process,
        arguments=(threads,),
    )


def _lost(job: Job) -> Record:
    raise MemoryError(f"{job.name}: its training was killed: run fewer --jobs at a time")


def _start_process(threads: int) -> None:
    torch.set_num_threads(threads)
    keep_freed_memory()


def judge_guesses(
    method: str, guess: Callable[[Labels], Labels], pack: ChainPack, labels: Labels, seeds: int
) -> list[Record]:
    """Judge what takes no training, on the sets of each seed.

    Args:
        method: What it is called.
        guess: Given the numbers of the domains to learn from, folds of all domains, ``[n]``.
        pack: Domains.
        labels: Their folds, ``[n]``.
        seeds: Number of seeds.
    """
    records = []
    for seed in range(seeds):
        sets = deal(pack, seed)
        judged = judge(sets, labels, guess(np.flatnonzero(sets == "train")))
        records.append({"method": method, "seed": seed, **judged})
    return records


def judge_untrained(
    networks: Sequence[Network], pack: ChainPack, labels: Labels, seeds: int
) -> list[Record]:
    """Judge the fold of the nearest training domain, and the commonest fold."""
    vectors = {
        f"{network.name}, nearest domain": embed_pack(network.model, pack, [READOUT])[READOUT]
        for network in networks
    }
    vectors["composition, nearest domain"] = composition(pack)
    records = []
    for method, values in vectors.items():
        similarity = cosine(values, values, "whitened")

        def nearest(known: Labels, similarity: NDArray[np.float64] = similarity) -> Labels:
            return labels[known[similarity[:, known].argmax(axis=1)]]

        records += judge_guesses(method, nearest, pack, labels, seeds)

    def commonest(known: Labels) -> Labels:
        return np.full(len(labels), np.bincount(labels[known]).argmax())

    return records + judge_guesses("commonest fold", commonest, pack, labels, seeds)


def make_jobs(
    arguments: argparse.Namespace, networks: Sequence[Network], domains: Domains
) -> list[Job]:
    """All trainings: seed after seed, so that whatever is compared runs side by side."""
    jobs = []
    for seed in range(arguments.seeds):
        for network in networks:
            for mode in STARTS:
                assert network.folder is not None
                config = TaskConfig(
                    mode=mode,
                    seed=seed,
                    steps=arguments.steps,
                    validate_every=max(1, arguments.steps // 6),
                    learning_rate=3e-3,
                    encoder_learning_rate=1e-3,
                    crop=arguments.crop,
                )
                jobs.append(Job(network.name, network.folder, domains, config))
    return jobs


def show(records: Sequence[Record], title: str) -> None:
    """Print mean and standard deviation over seeds of each method."""
    rows = []
    for method in dict.fromkeys(record["method"] for record in records):
        mine = [record for record in records if record["method"] == method]
        values = np.array([[record[name] for name in HOLDOUTS] for record in mine])
        cells = [f"{mean:.1%}" for mean in values.mean(axis=0)]
        if len(mine) > 1:
            deviations = values.std(axis=0, ddof=1)
            cells = [f"{cell} ± {s:.1%}" for cell, s in zip(cells, deviations, strict=True)]
        rows.append([method, *cells])
    print_table(title, ["method", *HOLDOUTS], rows)


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = make_parser(__doc__ or "")
    parser.add_argument(
        "--splits", choices=list(SPLITS), default="unseen", help="(default: unseen)"
    )
    parser.add_argument(
        "--domains", type=int, metavar="N", help="evenly spread domains of these (default: all)"
    )
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="(default: 3)")
    parser.add_argument("--steps", type=int, default=90, metavar="N", help="(default: 90)")
    parser.add_argument(
        "--crop", type=int, default=128, metavar="N", help="residues trained on (default: 128)"
    )
    parser.add_argument("--jobs", type=int, default=2, help="trainings at a time (default: 2)")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    arguments = parse(argv)
    run = Run(__file__, arguments, argv)
    networks = load_networks(arguments.weights)
    domains = Domains(SPLITS[arguments.splits], arguments.domains, arguments.data_root)
    pack, labels = domains.read()
    records: list[Record] = []
    with run.timed("training"):
        for record in run_jobs(make_jobs(arguments, networks, domains), arguments.jobs):
            told = f"{record['steps']} steps, {record['seconds']:.0f} s"
            print(f"{record['method']}, seed {record['seed']}: {told}", flush=True)
            records.append(record)
    with run.timed("nearest"):
        records += judge_untrained(networks, pack, labels, arguments.seeds)
    names, counts = np.unique(deal(pack, 0), return_counts=True)
    sets = dict(zip(names.tolist(), counts.tolist(), strict=True))
    told = ", ".join(f"{sets.get(name, 0)} {name}" for name in ("train", "validation", *HOLDOUTS))
    show(records, f"domains whose fold is told, {arguments.splits} domains: {told}")
    run.write(
        networks={network.name: network.describe() for network in networks},
        splits=domains.splits,
        structures_seen_unlabelled="train" in domains.splits,
        domains=len(pack),
        folds=len(np.unique(labels)),
        fractions=FRACTIONS,
        sets_of_seed_0=sets,
        steps=arguments.steps,
        crop=arguments.crop,
        runs=records,
    )


if __name__ == "__main__":
    main()
