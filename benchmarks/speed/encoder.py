"""How fast networks estimate the gradient: ours, the paper's, and peers of as many parameters.

    python benchmarks/speed/encoder.py [--sizes 64 256 1024 4096] [--dense 64 128 256 512]

One structure a call, of perturbed CA atoms: a shipped domain, cut; beyond 597 residues an assembly
of several. The edges of our recipe at 30 a residue (`ResidueGraph(k=30)`), found beforehand, are
the same for all; the paper's network takes all pairs. A training step is forward, loss, backward
and AdamW. Networks are run alternately; times are medians of processor time by default, for other
work may be on the machine, by the clock on a GPU. What takes longer than
`--patience` seconds is run once, which the kernel's handing out of memory makes a little longer.
Ours is timed with its attributes at hand, with attributes computed anew on given edges, as
peers compute theirs, and from coordinates alone, as the paper's network works.

Memory is the peak beside what was held before the call. Then how time and memory grow, and how far
our network is from what the machine can do. Precisions and compilation are in `modes.py`.

Peers whose packages are not installed (e3nn, egnn-pytorch, torchmd-net) are left out.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch_geometric.data import Data

# What the benchmarks share lies in this checkout; the package is the one that is installed.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from benchmarks.common import Run, print_table
from benchmarks.speed.alternate import Timing, alternate, exponent
from benchmarks.speed.roofline import count, measure_limits, peak_memory
from benchmarks.speed.subjects import (
    DENSE,
    KINDS,
    NETWORKS,
    OURS,
    Network,
    make_networks,
    parameters,
    perturbed,
    variants,
    work,
)
from proteingraph.pretrain import DenoisingModel

Figures = dict[str, Any]


def once(run: Callable[[], None], device: torch.device) -> tuple[Timing, int | None]:
    """Time of one call, and the peak of memory."""
    start, used = time.perf_counter(), time.process_time()
    peak = peak_memory(run, device)
    seconds, used = time.perf_counter() - start, time.process_time() - used
    return Timing((seconds,), (used,)), peak


class Measurements:
    """Figures by kind, number of residues and network.

    Args:
        patience: Seconds above which a call is not made again.
        repeats: Rounds to run alternately.
    """

    def __init__(self, patience: float, repeats: int) -> None:
        self.patience, self.repeats = patience, repeats
        self.figures: dict[str, dict[int, Figures]] = {kind: {} for kind in KINDS}

    def add(
        self, kind: str, residues: int, works: dict[str, Callable[[], None]], data: Data
    ) -> None:
        """Measure what is compared, memory first: then nothing is left of other calls."""
        device = data.pos.device
        single = {name: once(run, device) for name, run in works.items()}
        again = {n: run for n, run in works.items() if single[n][0].processor < self.patience}
        timings = {name: timing for name, (timing, _) in single.items()}
        timings |= alternate(again, self.repeats) if again else {}
        clock = device.type == "cuda"
        taken = {name: t.median if clock else t.processor for name, t in timings.items()}
        found = self.figures[kind].setdefault(residues, {})
        for name, timing in timings.items():
            paired = name in again and OURS in again
            ratio = (
                timing.times(timings[OURS], clock=clock) if paired else taken[name] / taken[OURS]
            )
            found[name] = {
                **timing.record(),
                "residues_per_second": residues / taken[name],
                "peak_bytes": single[name][1],
                "times_ours": ratio,
            }
            told = f"{1000 * taken[name]:,.1f} ms, {ratio:.2f} of ours"
            print(f"{kind}, {residues:,} residues, {name}: {told}", flush=True)

    def growth(self, name: str) -> dict[str, Any]:
        """Powers of the number of residues that time and memory grow with."""
        grown: dict[str, Any] = {}
        for kind, sizes in self.figures.items():
            found = {size: figures[name] for size, figures in sizes.items() if name in figures}
            if len(found) < 2:
                continue
            seconds = [size / figures["residues_per_second"] for size, figures in found.items()]
            peaks = [figures["peak_bytes"] for figures in found.values()]
            grown[kind] = {
                "residues": [min(found), max(found)],
                "time": exponent(list(found), seconds),
                "memory": exponent(list(found), peaks) if all(peaks) else None,
            }
        return grown


def show(figures: dict[str, dict[int, Figures]]) -> None:
    """Print a table of each kind."""
    for kind, sizes in figures.items():
        rows = []
        for size, found in sizes.items():
            for name, one in found.items():
                peak, ratio = one["peak_bytes"], one["times_ours"]
                row = (
                    f"{size:,}",
                    name,
                    f"{1000 * size / one['residues_per_second']:,.1f}",
                    f"{one['residues_per_second']:,.0f}",
                    f"{ratio:.2f}",
                    "" if peak is None else f"{peak / 2**20:,.0f}",
                )
                rows.append(row)
        header = ("residues", "network", "ms", "residues / s", "times ours", "peak (MiB)")
        print_table(kind, header, rows)


def distance_to_limit(model: DenoisingModel, data: Data, repeats: int) -> Figures:
    """What our network's operations would take at the measured limits of the machine."""
    device = data.pos.device
    limits = measure_limits(device, torch.float32)
    found: Figures = {"limits": limits.record()}
    for kind in KINDS:
        run = work(model, list(model.parameters()), data, kind)
        run()
        operations = count(run)
        timing = alternate({kind: run}, repeats)[kind]
        seconds = timing.median if device.type == "cuda" else timing.processor
        least = limits.seconds(operations)
        found[kind] = {
            "operations": len(operations),
            "flops": sum(flops for flops, _ in operations),
            "bytes": sum(size for _, size in operations),
            "seconds_at_the_limit": least,
            "seconds": seconds,
            "share_of_the_limit": least / seconds,
        }
        print(f"{kind}: {1000 * seconds:,.1f} ms, {1000 * least:,.1f} at the limit", flush=True)
    return found


def make_parser() -> argparse.ArgumentParser:
    """What the command line takes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=NETWORKS)
    sizes = {"type": int, "nargs": "*", "metavar": "RESIDUES"}
    parser.add_argument("--sizes", default=[64, 256, 1024, 4096], **sizes)
    parser.add_argument("--long", default=[16384], help="of ours alone", **sizes)
    parser.add_argument("--dense", default=[64, 128, 256, 512], help="of CondResNet", **sizes)
    parser.add_argument(
        "--dense-forward", default=[1024], help="of CondResNet, forward alone", **sizes
    )
    parser.add_argument(
        "--patience", type=float, default=6.0, help="seconds of a call not made again (default: 6)"
    )
    parser.add_argument("--repeats", type=int, default=3, help="rounds (default: 3)")
    parser.add_argument(
        "--limit-size",
        type=int,
        default=1024,
        help="residues, for the limit (default: 1024)",
    )
    parser.add_argument("--device", type=torch.device, default=torch.device("cpu"))
    parser.add_argument("--threads", type=int, help="threads to compute with (default: all)")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="file to write (default: in results/)"
    )
    return parser


def measure(networks: dict[str, torch.nn.Module], arguments: argparse.Namespace) -> Measurements:
    """Measure all networks, each on the sizes that it is meant for."""
    model, device = networks[OURS], arguments.device
    found = Measurements(arguments.patience, arguments.repeats)
    peers = {name: net for name, net in networks.items() if name not in (OURS, DENSE)}
    paper = {DENSE: networks[DENSE]} if DENSE in networks else {}
    dense = {
        "forward": {*arguments.dense, *arguments.dense_forward},
        "training step": {*arguments.dense},
    }
    for size in sorted({*arguments.sizes, *arguments.long, *dense["forward"]}):
        data = perturbed(model, size, device)
        for kind in KINDS:
            subjects: dict[str, Network] = variants(model)
            subjects |= peers if size in arguments.sizes else {}
            subjects |= paper if size in dense[kind] else {}
            works = {}
            for name, network in subjects.items():
                values = list(networks.get(name, model).parameters())
                works[name] = work(network, values, data, kind)
            found.add(kind, size, works, data)
    return found


def main(argv: list[str] | None = None) -> None:
    """Measure, print the figures and write them."""
    arguments = make_parser().parse_args(argv)
    run = Run(__file__, arguments, argv)
    load = os.getloadavg()[0]  # above the number of cores, times by the clock are too long
    networks = make_networks(
        [OURS, *(n for n in arguments.networks if n != OURS)], arguments.device
    )
    counts = {name: parameters(network) for name, network in networks.items()}
    print("parameters:", ", ".join(f"{name} {number:,}" for name, number in counts.items()))
    with run.timed("networks"):
        found = measure(networks, arguments)
    model = networks[OURS]
    growth = found.growth(OURS)
    data = perturbed(model, arguments.limit_size, arguments.device)
    with run.timed("limit"):
        limit = distance_to_limit(model, data, arguments.repeats)
    show(found.figures)
    print(f"ours grows with the number of residues to the power of: {growth}")
    run.write(
        load_average=load, parameters=counts, figures=found.figures, growth=growth, limit=limit
    )


if __name__ == "__main__":
    main()
