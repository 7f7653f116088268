"""How many relatives a search by embeddings finds before its first error, beside TM-align.

    python benchmarks/scop/retrieval.py --weights FOLDER... [--data-root FOLDER]

Each of the test domains, whose folds no network was trained on, searches the others. Counted is the
share of its relatives that come before the first domain of another fold: those of its family, those
of its superfamily but not its family, and those of its fold but not its superfamily; and whether
the nearest domain is of its superfamily. How vectors are read out of a network and scaled is chosen
on the validation domains, which are of other folds again; the scale itself is that of training
domains, whose labels are not used. The network's own protein embedding is among the choices, and
always shown. TM-align is slow, so it searches a part of the domains for a part of the queries, and
every other method is judged on that part too.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

# What the benchmarks share lies in this checkout; the package is the one that is installed.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from benchmarks.common import (
    Network,
    Run,
    composition,
    embed_pack,
    load_domains,
    load_networks,
    log_length,
    make_parser,
    print_table,
    spread,
)
from benchmarks.scop.relations import LEVELS, Relations
from benchmarks.scop.similarity import AS_GIVEN, POWERS, cosine
from benchmarks.scop.tmalign import Alignments, align
from proteingraph.datasets import ChainPack
from proteingraph.datasets.hierarchy import number_classes
from proteingraph.pretrain.readout import fit_readout

FIGURES = (*LEVELS, "top1")
HEADER = ("method", "family", "superfamily", "fold", "superfamily top-1")
CACHE = Path(__file__).parent / "cache"

READOUTS = ("protein", "pairs@2")

Matrix = NDArray[np.float64]
Figures = dict[str, float]
Ranked = dict[str, list[Matrix]]  # similarities by each method, one matrix a seed


@dataclass(frozen=True)
class Search:
    """How domains are compared: by which read-out of a network, and how scaled."""

    readout: str
    scale: str

    def __str__(self) -> str:
        return f"{self.readout}, {self.scale}"


DEFAULT = Search("protein", AS_GIVEN)  # what a network says of a protein, unless told


def choose_part(codes: Sequence[str], domains: int, queries: int) -> tuple[list[int], list[int]]:
    """Choose domains evenly along the classification, and queries among those with relatives.

    Args:
        codes: SCOPe code of each domain.
        domains: Number of domains, at most.
        queries: Number of queries, at most.

    Returns:
        Numbers of the domains in order, and places of the queries among them.
    """
    order = np.argsort(number_classes(codes)[0], kind="stable")
    chosen = np.sort(order[_even(len(order), domains)])
    relevant = Relations([codes[i] for i in chosen]).relevant.values()
    related = np.flatnonzero(np.any([mask.any(axis=1) for mask in relevant], axis=0))
    return chosen.tolist(), related[_even(len(related), queries)].tolist()


def _even(available: int, wanted: int) -> NDArray[np.int64]:
    ends = np.linspace(0, available - 1, min(available, wanted))
    return ends.round().astype(np.int64)


def searches_of(readouts: Sequence[str]) -> list[Search]:
    """Read-outs with each scale; a network's own protein embedding has one already."""
    scales = {
        readout: (AS_GIVEN,) if readout == "protein" else tuple(POWERS) for readout in readouts
    }
    return [Search(readout, scale) for readout in readouts for scale in scales[readout]]


def compare(
    network: Network, searches: Sequence[Search], domains: ChainPack, reference: ChainPack
) -> dict[Search, Matrix]:
    """Similarities of domains by each search, scaled as the reference tells where that is asked."""
    model = network.model
    if not model.readout.columns:  # an untrained network, or weights of before there was a scale
        fit_readout(model, reference, chains=len(reference))
    vectors = embed_pack(model, domains, sorted({search.readout for search in searches}))
    unscaled = sorted({search.readout for search in searches if search.scale != AS_GIVEN})
    usual = embed_pack(model, reference, unscaled) if unscaled else {}
    return {
        search: cosine(vectors[search.readout], usual.get(search.readout), search.scale)
        for search in searches
    }


def choose_searches(
    networks: Sequence[Network], searches: Sequence[Search], packs: Mapping[str, ChainPack]
) -> tuple[dict[str, Search], dict[str, dict[str, Figures]]]:
    """Choose for each trained network the search that finds most among validation domains.

    Returns:
        By name of the network, the search with the highest mean of all figures (for an untrained
        network, that of the first trained one of its shape), and the figures that it was chosen by.
    """
    relations = Relations(packs["validation"].labels["sccs"].tolist())
    chosen: dict[str, Search] = {}
    judged: dict[str, dict[str, Figures]] = {}
    for network in networks:
        if network.seed is None:
            similar = compare(network, searches, packs["validation"], packs["reference"])
            found = {one: relations.judge(similar[one]) for one in searches}
            judged[network.name] = {str(one): figures for one, figures in found.items()}
            chosen[network.name] = max(found, key=lambda one: np.mean(list(found[one].values())))
        else:
            alike = (n.name for n in networks if n.shape == network.shape)
            chosen[network.name] = chosen[next(alike)]
    return chosen, judged


def rank(
    networks: Sequence[Network], chosen: Mapping[str, Search], packs: Mapping[str, ChainPack]
) -> Ranked:
    """Similarities of the test domains by networks, by what needs no structure, and by nothing."""
    test, reference = packs["test"], packs["reference"]
    ranked: Ranked = {}
    for network in networks:
        searches = list(dict.fromkeys((chosen[network.name], DEFAULT)))
        for search, similar in compare(network, searches, test, reference).items():
            ranked.setdefault(f"{network.name}: {search}", []).append(similar)
    lengths = log_length(test)
    ranked["composition"] = [cosine(composition(test), composition(reference))]
    ranked["length"] = [-np.abs(lengths - lengths.T)]
    # Ties count as in a random order, on average: equal similarities are what chance gives.
    ranked["random order"] = [np.zeros((len(test), len(test)))]
    return ranked


def judge(ranked: Ranked, relations: Relations) -> dict[str, list[Figures]]:
    """Figures of each method, a record a seed."""
    return {name: [relations.judge(one) for one in each] for name, each in ranked.items()}


def show(title: str, judged: Mapping[str, list[Figures]], relations: Relations) -> None:
    """Print figures, as mean and standard deviation where there are several seeds."""
    rows = []
    for name, each in judged.items():
        values = np.array([[one[figure] for figure in FIGURES] for one in each])
        cells = [f"{mean:.3f}" for mean in values.mean(axis=0)]
        if len(each) > 1:
            deviations = values.std(axis=0, ddof=1)
            cells = [f"{cell} ± {s:.3f}" for cell, s in zip(cells, deviations, strict=True)]
        rows.append([name, *cells])
    counts = relations.count()
    rows.append(["(queries)", *(str(counts[figure]) for figure in FIGURES)])
    print_table(title, HEADER, rows)


def time_query(
    network: Network, search: Search, packs: Mapping[str, ChainPack], queries: int = 20
) -> Figures:
    """Seconds to embed one domain by itself, and to rank all test domains by their cosine."""
    some = spread(packs["test"], queries)
    start = time.perf_counter()
    vectors = [
        embed_pack(network.model, some.subset([i]), [search.readout])[search.readout][0]
        for i in range(len(some))
    ]
    embedded = time.perf_counter()
    entries = np.ones((len(packs["test"]), len(vectors[0])), np.float32)
    for vector in vectors:
        np.argsort(entries @ vector)
    ranked = time.perf_counter()
    return {"embed": (embedded - start) / len(some), "rank": (ranked - embedded) / len(some)}


def judge_part(
    ranked: Ranked, test: ChainPack, tm: Alignments, part: Sequence[int], queries: Sequence[int]
) -> tuple[dict[str, list[Figures]], Relations]:
    """Judge TM-align, and every other method on the same queries and domains."""
    codes = test.labels["sccs"][part].tolist()
    relations = Relations(codes, queries)
    rows = [part[query] for query in queries]
    there: Ranked = {
        "TM-align, mean of both lengths": [(tm.by_query + tm.by_domain) / 2],
        "TM-align, length of the query": [tm.by_query],
    }
    there.update({name: [m[np.ix_(rows, part)] for m in each] for name, each in ranked.items()})
    return judge(there, relations), relations


def show_seconds(per_query: Mapping[str, Figures], alignment: float, domains: int) -> None:
    """Print how long a query takes."""
    rows = [
        [name, f"{one['embed']:.4f}", f"{one['rank']:.6f}", f"{sum(one.values()):.4f}"]
        for name, one in per_query.items()
    ]
    aligned = f"{alignment * domains:.1f}"
    rows.append(["TM-align, one core", "", aligned, aligned])
    title = f"seconds a query against {domains} domains (TM-align: {alignment:.4f} s a pair)"
    print_table(title, ("method", "embed", "rank", "all"), rows)


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = make_parser(__doc__ or "", untrained=3)
    parser.add_argument(
        "--domains", type=int, metavar="N", help="evenly spread test domains (default: all)"
    )
    parser.add_argument("--readouts", nargs="+", default=READOUTS, help="read-outs to choose among")
    parser.add_argument(
        "--reference",
        type=int,
        default=1000,
        metavar="N",
        help="training domains that say how vectors are spread (default: 1000)",
    )
    parser.add_argument(
        "--tm-domains", type=int, default=150, metavar="N", help="domains that TM-align searches"
    )
    parser.add_argument(
        "--tm-queries", type=int, default=50, metavar="N", help="queries that TM-align searches for"
    )
    parser.add_argument("--jobs", type=int, default=2, help="processes of TM-align (default: 2)")
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder that keeps TM-scores")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    arguments = parse(argv)
    run = Run(__file__, arguments, argv)
    packs = load_domains(arguments.data_root)
    packs["reference"] = spread(packs["train"], arguments.reference)
    packs["test"] = test = spread(packs["test"], arguments.domains)
    codes = test.labels["sccs"].tolist()
    part, queries = choose_part(codes, arguments.tm_domains, arguments.tm_queries)
    with run.timed("tmalign"):
        tm = align(test.subset(part), queries, arguments.cache, arguments.jobs)
    networks = load_networks(arguments.weights, range(arguments.untrained))
    searches = searches_of(arguments.readouts)
    with run.timed("validation"):
        chosen, validation = choose_searches(networks, searches, packs)
    with run.timed("embedding"):
        ranked = rank(networks, chosen, packs)
    trained = [network for network in networks if network.seed is None]
    per_query = {n.name: time_query(n, chosen[n.name], packs) for n in trained}
    relations = Relations(codes)
    judged = judge(ranked, relations)
    show(f"{len(test)} test domains, each searches the others", judged, relations)
    judged_part, part_relations = judge_part(ranked, test, tm, part, queries)
    show(f"{len(queries)} queries search {len(part)} domains", judged_part, part_relations)
    show_seconds(per_query, tm.seconds, len(test))
    run.write(
        networks={network.name: network.describe() for network in trained},
        searches={name: str(search) for name, search in chosen.items()},
        validation=validation,
        test={"queries": relations.count(), "figures": judged},
        part={
            "domains": test.names[part].tolist(),
            "queries": part_relations.count(),
            "query_domains": test.names[part][queries].tolist(),
            "figures": judged_part,
        },
        seconds_per_query=per_query,
        tmalign={"seconds_per_pair": tm.seconds, "pairs_aligned_now": tm.made},
    )


if __name__ == "__main__":
    main()
