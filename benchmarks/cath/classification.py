"""How well frozen embeddings of domains tell their CATH class, architecture, topology, superfamily.

    python benchmarks/cath/classification.py --weights FOLDER... [--data-root FOLDER]

Two classifiers on vectors of whole domains, standardized by the domains that are fitted to: a
linear probe (logistic regression, L2, its C from 0.01 to 10) and the nearest neighbors by cosine (1
or 5, weighted by distance). C and the number of neighbors are chosen by macro-F1 on inner
validation domains, which are never those judged. The network is never trained.

Protocol `halves`, at all four levels: the domains of the split `test`, of folds that pre-training
does not see, are divided at random, label by label, into a half to fit to and a half to judge; a
setting is chosen by fitting to a random half of the former and judging the rest of it. Labels with
fewer than four members are left out. No 40 % cluster is on two sides: shipped domains are one a
cluster; in the full corpus the cluster is that of the whole chain.

Protocol `unseen topologies`, for class and architecture: fitted to a random half of
`--train-domains` evenly spread domains of the split `train`, settings chosen on the domains of
`validation`, judged on those of `test`, of both only the ones whose topology does not occur in the
split `train` (nor, of `test`, in `validation`). Labels with fewer than four of the training domains
are left out. With --data-root, `train` has all CATH domains on chains whose folds are trained on,
without those that share a cluster with a domain of another split.

Each is repeated with `--seeds` seeds of the division; figures are accuracy and macro-F1 over the
labels judged, mean and standard deviation over the divisions (of untrained networks: over divisions
and networks). Beside each network stand untrained ones of its shape, amino-acid composition,
length, and the most frequent label.

Vectors: of `--readouts`, the one that finds most nearest neighbors of the same label (mean of the
four levels) among the validation domains, chosen for each network (of untrained ones of one shape,
by the first); and the network's own protein embedding. Test domains have no part in any choice.

Writes `results/classification.json` beside the script, or `--json`, and prints tables.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

# What the benchmarks share lies in this checkout; the package is the one that is installed.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from benchmarks.cath.divisions import Division, divide_halves, divide_unseen
from benchmarks.cath.labels import cath_labels, new_topology
from benchmarks.cath.probes import judge, judge_most_frequent
from benchmarks.common import (
    READOUTS,
    Network,
    Run,
    composition,
    embed_pack,
    load_domains,
    load_networks,
    log_length,
    make_parser,
    neighbor_scores,
    print_table,
    spread,
)
from proteingraph.datasets import ChainPack
from proteingraph.datasets.hierarchy import CATH_LEVELS
from proteingraph.pretrain.readout import fit_readout

UNSEEN_LEVELS = CATH_LEVELS[:2]
SPLITS = ("train", "validation", "test")

Vectors = NDArray[np.floating]
Rows = NDArray[np.int64]
Methods = dict[str, list[Vectors]]  # vectors of all domains by method, one array a network


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = make_parser(__doc__, untrained=3)
    add = parser.add_argument
    add("--seeds", type=int, default=5, help="divisions of the domains (default: 5)")
    add("--train-domains", type=int, default=1000, help="of the split train (default: 1000)")
    add("--domains", type=int, help="of validation and of test, for a quick look (default: all)")
    add("--readouts", nargs="+", default=list(READOUTS), help="read-outs to choose among")
    return parser.parse_args(argv)


def read_domains(options: argparse.Namespace) -> tuple[dict[str, ChainPack], dict[str, Rows]]:
    """Domains by split, of `train` only some, and the rows of each kind of them.

    Returns:
        The packs, and rows counted through the splits in order: of `train`, of `test`, and of
        `new validation` and `new test`, the domains there whose topology is new.
    """
    root = options.data_root
    whole = load_domains(root, "paired" if root is None else "cath")
    numbers = (options.train_domains, options.domains, options.domains)
    packs = {split: spread(whole[split], n) for split, n in zip(SPLITS, numbers, strict=True)}
    new = {
        "validation": new_topology(packs["validation"], whole["train"]),
        "test": new_topology(packs["test"], whole["train"], whole["validation"]),
    }
    ends = np.cumsum([len(packs[split]) for split in SPLITS])
    rows = dict(zip(SPLITS, np.split(np.arange(ends[-1]), ends[:-1]), strict=True))
    return packs, rows | {f"new {split}": rows[split][mask] for split, mask in new.items()}


def divide(
    packs: Mapping[str, ChainPack], rows: Mapping[str, Rows], seeds: int
) -> dict[tuple[str, str], list[Division]]:
    """Divisions by protocol and level, one a seed."""
    clusters = joined([packs[split].labels["cluster40"] for split in SPLITS])
    kinds = [rows[kind] for kind in ("train", "new validation", "new test")]
    out: dict[tuple[str, str], list[Division]] = {}
    for level in CATH_LEVELS:
        labels = joined([cath_labels(packs[split], level) for split in SPLITS])
        for seed in range(seeds):
            halves = divide_halves(labels, clusters, rows["test"], seed)
            out.setdefault(("halves", level), []).append(halves)
            if level in UNSEEN_LEVELS:
                unseen = divide_unseen(labels, clusters, *kinds, seed)
                out.setdefault(("unseen topologies", level), []).append(unseen)
    return out


def choose_readouts(
    networks: Sequence[Network], validation: ChainPack, readouts: Sequence[str]
) -> tuple[dict[str, str], dict[str, dict[str, float]]]:
    """Choose a read-out for each name of networks, by the first network of that name.

    Returns:
        The read-out chosen by name, and the scores of all by name and read-out.
    """
    labels = [cath_labels(validation, level).tolist() for level in CATH_LEVELS]
    scores: dict[str, dict[str, float]] = {}
    for network in networks:
        if network.name not in scores:
            vectors = embed_pack(network.model, validation, readouts)
            scores[network.name] = neighbor_scores(vectors, labels)
    return {name: max(given, key=given.__getitem__) for name, given in scores.items()}, scores


def embed_all(
    networks: Sequence[Network], chosen: Mapping[str, str], packs: Mapping[str, ChainPack]
) -> Methods:
    """Vectors of the domains of all splits, by method."""
    methods: Methods = {}
    for network in networks:
        readouts = sorted({chosen[network.name], "protein"})
        if not network.model.readout.columns:
            fit_readout(network.model, packs["train"])
        parts = [embed_pack(network.model, packs[split], readouts) for split in SPLITS]
        for readout in readouts:
            vectors = joined([part[readout] for part in parts])
            methods.setdefault(f"{network.name}, {readout}", []).append(vectors)
    for name, baseline in (("composition", composition), ("length", log_length)):
        methods[name] = [joined([baseline(packs[split]) for split in SPLITS])]
    return methods


def joined(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Rows of all splits, one after another."""
    return np.concatenate(parts)


def judge_all(
    methods: Methods,
    packs: Mapping[str, ChainPack],
    divisions: Mapping[tuple[str, str], Sequence[Division]],
) -> list[dict[str, Any]]:
    """Figures of each method and classifier at each level, one record each."""
    records = []
    for (protocol, level), of_seeds in divisions.items():
        labels = joined([cath_labels(packs[split], level) for split in SPLITS])
        found: dict[tuple[str, str], list[tuple[float, float]]] = {}
        for division in of_seeds:
            most = judge_most_frequent(labels, division)
            found.setdefault(("most frequent label", ""), []).append(most)
            for method, of_networks in methods.items():
                for vectors in of_networks:
                    for classifier, pair in judge(vectors, labels, division).items():
                        found.setdefault((method, classifier), []).append(pair)
        about = {"protocol": protocol, "level": level}
        for (method, classifier), pairs in found.items():
            accuracy, f1 = (summary(values) for values in zip(*pairs, strict=True))
            record = {**about, "method": method, "classifier": classifier}
            records.append({**record, "accuracy": accuracy, "macro_f1": f1})
    return records


def summary(values: Sequence[float]) -> dict[str, Any]:
    """Mean, standard deviation and the values themselves."""
    deviation = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return {"mean": float(np.mean(values)), "sd": deviation, "values": list(values)}


def describe(
    packs: Mapping[str, ChainPack], divisions: Mapping[tuple[str, str], Sequence[Division]]
) -> list[dict[str, Any]]:
    """How many domains and labels there are in the first division of each protocol and level."""
    out = []
    for (protocol, level), of_seeds in divisions.items():
        labels = joined([cath_labels(packs[split], level) for split in SPLITS])
        first = of_seeds[0]
        counts = {name: len(getattr(first, name)) for name in ("fit", "inner", "train", "judged")}
        judged = len(np.unique(labels[first.judged]))
        about = {"protocol": protocol, "level": level, "labels_judged": judged}
        out.append({**about, "labels": len(np.unique(labels[first.train])), **counts})
    return out


def show(
    protocol: str, records: Sequence[Mapping[str, Any]], about: Sequence[Mapping[str, Any]]
) -> None:
    """Print one protocol: a row a method and classifier, a column a level."""
    rows: dict[tuple[str, str], list[str]] = {}
    for record in records:
        if record["protocol"] == protocol:
            accuracy, f1 = record["accuracy"], record["macro_f1"]
            spread_of = "" if accuracy["sd"] is None else f" ± {accuracy['sd']:.3f}"
            cells = rows.setdefault((record["method"], record["classifier"]), [])
            cells.append(f"{accuracy['mean']:.3f}{spread_of} / {f1['mean']:.3f}")
    header = ["vectors", "classifier"]
    header += [
        f"{a['level']} ({a['labels_judged']} labels, {a['judged']} judged)"
        for a in about
        if a["protocol"] == protocol
    ]
    print_table(
        f"{protocol}: accuracy ± s.d. / macro-F1",
        header,
        [[*key, *cells] for key, cells in rows.items()],
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Judge the networks named on the command line."""
    options = parse(argv)
    run = Run(__file__, options, argv)
    networks = load_networks(options.weights, range(options.untrained))
    packs, rows = read_domains(options)
    with run.timed("choice of read-outs"):
        chosen, scores = choose_readouts(networks, packs["validation"], options.readouts)
    table = [
        [readout, *(f"{of_name[readout]:.3f}" for of_name in scores.values())]
        for readout in options.readouts
    ]
    title = f"{len(packs['validation'])} validation domains: nearest neighbor of the same label"
    print_table(title, ["read-out", *scores], table)
    with run.timed("embedding"):
        methods = embed_all(networks, chosen, packs)
    divisions = divide(packs, rows, options.seeds)
    # Matrices are small: a second thread waits more than it computes.
    with run.timed("classifiers"), threadpool_limits(1):
        records = judge_all(methods, packs, divisions)
    about = describe(packs, divisions)
    for protocol in dict.fromkeys(protocol for protocol, _ in divisions):
        show(protocol, records, about)
    run.write(
        networks=[{"name": network.name, **network.describe()} for network in networks],
        settings={"seeds": options.seeds, "domains": {s: len(packs[s]) for s in SPLITS}},
        readouts={"chosen": chosen, "validation_scores": scores},
        divisions=about,
        results=records,
    )


if __name__ == "__main__":
    main()
