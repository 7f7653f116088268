"""How quickly residue graphs are made: edges, attributes, and batches out of a store.

    python benchmarks/speed/graph.py [--data-root FOLDER]

Edges to the 30 nearest residues and to all within 10 Å, for batches of 1 to 256 proteins of 50 to
2,000 residues and for one assembly of 50,000: the package's native search, torch-cluster, SciPy
(a k-d tree a graph) and vesin (radius only), alternately in one process with one thread. Those
that are not installed are left out. Edges are compared, and the exponent is fitted with which the
native search grows. The package gives edges in order of target and distance; of the others none
does. Proteins are chains of the corpus cut to length; longer than its longest are assemblies.

Then the whole recipe (sequence and nearest edges, all attributes) for the same batches, each step
of it, and batches out of a store as pre-training has them: read, perturbed, with their graph.

Times are processor time, which other work on the machine disturbs less.
"""

from __future__ import annotations

import argparse
import copy
import os
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch_geometric.data import Batch

# What the benchmarks share lies in this checkout; the package is the one that is installed.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from benchmarks.common import Run, print_table
from benchmarks.speed.alternate import alternate, exponent
from benchmarks.speed.points import assembly, batch_of
from benchmarks.speed.searches import SEARCHES, differing
from proteingraph.datasets import ChainPack, load_cath_scop_mini
from proteingraph.datasets.store import ChainStore, StoreWriter
from proteingraph.pretrain.batches import CropDataset
from proteingraph.transforms import PerturbCoordinates, ResidueGraph

K, RADIUS = 30, 10.0
PROTEINS, LENGTHS = (1, 8, 64, 256), (50, 150, 500, 2000)
ASSEMBLIES = (500, 2000, 8000, 50_000)
MOST = 130_000  # residues of a batch, unless told otherwise
STORED, STORED_LENGTH, BATCHES = 256, 150, (11, 32)  # 11 are the 1,600 residues of pre-training

Figures = dict[str, Any]


def rounds(residues: int) -> int:
    """Fewer rounds for what takes long."""
    return 5 if residues < 20_000 else 3


def compare_searches(batch: Batch, numbers: torch.Tensor) -> Figures:
    """Time all searches that are installed on one batch, and compare their edges.

    Args:
        batch: Graphs without edges.
        numbers: Graph of each residue, int64 [N].
    """
    pos, found = batch.pos, {}
    within = SEARCHES["native"].within(pos, numbers, RADIUS, 0)
    most = int(torch.bincount(within[1]).max())
    for kind, argument in (("nearest", (K,)), ("within", (RADIUS, most))):
        work: dict[str, Callable[[], torch.Tensor]] = {}
        for name, search in SEARCHES.items():
            run = getattr(search, kind)
            if run is not None and search.installed:
                work[name] = partial(run, pos, numbers, *argument)
        found[kind] = compare(work, rounds(len(pos)), len(pos))
    return {"residues": len(pos), **found}


def compare(
    work: dict[str, Callable[[], torch.Tensor]], repeats: int, num_nodes: int
) -> dict[str, Figures]:
    """Time ways to the same edges; how many times as long as the native one each takes."""
    timings, native = alternate(work, repeats), work["native"]()
    return {
        name: {
            **timing.record(),
            "times_native": timing.times(timings["native"]),
            "edges": native.size(1),
            "edges_that_differ": differing(native, work[name](), num_nodes),
        }
        for name, timing in timings.items()
    }


def measure_recipe(batch: Batch) -> Figures:
    """Time the whole recipe on a batch."""
    recipe = ResidueGraph(k=K)
    timing = alternate({"recipe": lambda: recipe(fresh(batch))}, rounds(len(batch.pos)))["recipe"]
    return {**timing.record(), "residues_per_second": len(batch.pos) / timing.processor}


def measure_steps(batch: Batch) -> Figures:
    """Time each step of the recipe alone, on what the steps before have left."""
    data, work = batch, {}
    for step in ResidueGraph(k=K).transform.transforms:
        make = getattr(step, "describe", step)
        work[type(step).__name__] = partial(make, data)
        data = step(data)
    timings = alternate(work)
    return {name: timing.processor / len(batch.pos) for name, timing in timings.items()}


def measure_store(
    folder: Path, corpus: ChainPack, sizes: Sequence[int], stored: int = STORED
) -> Figures:
    """Time batches out of a store of chains of about 150 residues, as pre-training has them."""
    near = np.argsort(np.abs(corpus.lengths - STORED_LENGTH), kind="stable")[:stored]
    with StoreWriter(folder / "store") as writer:
        writer.append(corpus.subset(near))
    dataset = CropDataset(ChainStore(folder / "store"), crop=256)
    perturb, recipe, found = PerturbCoordinates(), ResidueGraph(k=K), {}

    def read(size: int) -> Iterator[Batch]:
        for start in range(0, len(dataset) - size + 1, size):
            rows = range(start, start + size)
            yield Batch.from_data_list([dataset[row, row] for row in rows])

    for size in sizes:
        ready = [perturb(batch) for batch in read(size)]
        timings = alternate(
            {
                "store to graph": lambda size=size: drain(recipe(perturb(b)) for b in read(size)),
                "reading": lambda size=size: drain(read(size)),
                "graph": lambda ready=ready: drain(recipe(fresh(b)) for b in ready),
            }
        )
        graphs = size * len(ready)
        found[str(size)] = {name: graphs / timing.processor for name, timing in timings.items()}
    mean = float(corpus.lengths[near].mean())
    return {"mean_residues": mean, "graphs_per_processor_second": found}


def fresh(batch: Batch) -> Batch:
    """The same batch as one never seen: what was worked out along its chains is not remembered."""
    batch = copy.copy(batch)
    batch.position = batch.position.clone()
    return batch


def drain(graphs: Iterable[object]) -> None:
    """Make all, and keep none."""
    deque(graphs, maxlen=0)


def measure(folder: Path, run: Run, corpus: ChainPack, quick: bool, most: int) -> Figures:
    """Measure all parts; of little, if quick."""
    proteins, lengths = (PROTEINS[:2], LENGTHS[:2]) if quick else (PROTEINS, LENGTHS)
    for name, search in SEARCHES.items():
        if not search.installed:
            print(f"{name}: left out, for it is not installed")
    out: Figures = {"k": K, "radius": RADIUS, "batches": [], "assemblies": []}
    for length in lengths:
        for number in proteins:
            if number * length > most:
                continue
            batch = batch_of(corpus, number, length)
            with run.timed("edges"):
                figures = compare_searches(batch, batch.batch)
            with run.timed("recipe"):
                figures["recipe"] = measure_recipe(batch)
            out["batches"].append({"proteins": number, "length": length, **figures})
    for residues in ASSEMBLIES[:2] if quick else ASSEMBLIES:
        one = Batch.from_data_list([assembly(corpus, residues)])
        with run.timed("edges"):
            out["assemblies"].append(compare_searches(one, one.batch))
    out["exponents"] = {
        kind: exponent(
            [figures["residues"] for figures in out["assemblies"]],
            [figures[kind]["native"]["processor_seconds"] for figures in out["assemblies"]],
        )
        for kind in ("nearest", "within")
    }
    with run.timed("recipe"):
        steps = measure_steps(batch_of(corpus, 32, STORED_LENGTH))
        out["seconds_a_residue_by_step"] = steps
    with run.timed("store"):
        sizes, stored = (BATCHES[:1], 2 * BATCHES[0]) if quick else (BATCHES, STORED)
        out["store"] = measure_store(folder, corpus, sizes, stored)
    return out


def show(results: Figures) -> None:
    """Print the figures as tables."""
    for kind, title in (("nearest", f"{K} nearest"), ("within", f"within {RADIUS:.0f} Å")):
        rows = []
        for figures in (*results["batches"], *results["assemblies"]):
            timed = figures[kind]
            cells = [
                f"{timed[name]['processor_seconds'] * 1e3:.2f}" if name in timed else "–"
                for name in SEARCHES
            ]
            proteins, residues = figures.get("proteins", 1), figures["residues"]
            differ = max(its["edges_that_differ"] for its in timed.values())
            rows.append((f"{proteins} x {residues // proteins:,}", *cells, f"{differ:,}"))
        print_table(f"{title}: milliseconds", ("proteins", *SEARCHES, "edges that differ"), rows)
    print("\nexponents: " + ", ".join(f"{k} {v:.2f}" for k, v in results["exponents"].items()))
    known = {
        (figures["proteins"], figures["length"]): figures["recipe"]["residues_per_second"]
        for figures in results["batches"]
    }
    print_table(
        "the whole recipe: thousands of residues a second",
        ("proteins", *(f"of {length:,}" for length in LENGTHS)),
        [
            (
                str(number),
                *(
                    f"{known[number, length] / 1e3:.0f}" if (number, length) in known else "–"
                    for length in LENGTHS
                ),
            )
            for number in PROTEINS
        ],
    )
    print_table(
        f"steps, 32 proteins of {STORED_LENGTH}",
        ("step", "µs a residue"),
        [(n, f"{s * 1e6:.2f}") for n, s in results["seconds_a_residue_by_step"].items()],
    )
    rates = results["store"]["graphs_per_processor_second"]
    print_table(
        f"graphs a second, {results['store']['mean_residues']:.0f} residues",
        ("graphs a batch", *next(iter(rates.values()))),
        [(size, *(f"{rate:,.0f}" for rate in its.values())) for size, its in rates.items()],
    )


def main(argv: list[str] | None = None) -> None:
    """Measure, print the figures and write them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-root", type=Path, help="folder of the full corpus")
    parser.add_argument(
        "--most", type=int, default=MOST, help=f"residues of the largest batch (default: {MOST})"
    )
    parser.add_argument("--quick", action="store_true", help="small batches only")
    parser.add_argument("--threads", type=int, default=1, help="threads to compute with")
    parser.add_argument("--json", type=Path, help="file to write (default: in results/)")
    arguments = parser.parse_args(argv)
    run = Run(__file__, arguments, argv)
    root = arguments.data_root
    corpus = (
        load_cath_scop_mini() if root is None else ChainPack.from_chains_npz(root / "chains.npz")
    )
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as scratch:
        results = measure(Path(scratch), run, corpus, arguments.quick, arguments.most)
    show(results)
    run.write(load_average=load, versions_of_others=versions(), **results)


def versions() -> dict[str, str]:
    """Versions of the other searches."""
    found = {}
    for name in ("torch-cluster", "scipy", "vesin"):
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


if __name__ == "__main__":
    main()
