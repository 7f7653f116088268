"""How fast our network is in other precisions, and compiled.

    python benchmarks/speed/modes.py [--sizes 256 1024] [--modes float32 bf16 ...] [--device cuda]

Forward passes and training steps of the network of `encoder.py` on one perturbed structure, its
attributes at hand. "TF32" multiplies matrices of float32 with 10 bits of mantissa (GPUs), "bf16" is
autocast, "compiled" is `torch.compile` of `GraphEncoder.encode` for the shape at hand, and "CUDA
graphs" the same with its launches recorded (`mode="reduce-overhead"`). Run alternately; ratios are
to the first mode. The first call of a mode, which compiles, is given apart.
"""

from __future__ import annotations

import argparse
import copy
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

# What the benchmarks share lies in this checkout; the package is the one that is installed.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from benchmarks.common import Run, print_table
from benchmarks.speed.alternate import alternate
from benchmarks.speed.subjects import KINDS, OURS, make_networks, perturbed, work
from proteingraph.pretrain import DenoisingModel

MODES = {
    f"{way}{precision}".strip(", ") or "float32": (way.strip(", "), precision)
    for way in ("", "compiled, ", "CUDA graphs, ")
    for precision in ("", "TF32", "bf16")
}
"""By name: how calls are made, and the precision."""


def prepared(model: DenoisingModel, mode: str) -> DenoisingModel:
    """A copy of a network whose encoder is compiled, if the mode says so."""
    twin = copy.deepcopy(model)
    way, _ = MODES[mode]
    if way:
        recorded = "reduce-overhead" if way == "CUDA graphs" else "default"
        twin.encoder.encode = torch.compile(  # type: ignore[method-assign]
            twin.encoder.encode, mode=recorded, dynamic=False
        )
    return twin


def in_precision(run: Callable[[], None], mode: str) -> Callable[[], None]:
    """The same, with matrices multiplied as the mode says."""
    if MODES[mode][1] != "TF32":
        return run

    def with_tf32() -> None:
        torch.set_float32_matmul_precision("high")
        run()
        torch.set_float32_matmul_precision("highest")

    return with_tf32


def compare(
    model: DenoisingModel, residues: int, modes: list[str], repeats: int, device: torch.device
) -> dict[str, Any]:
    """Time modes on a structure of as many residues."""
    data = perturbed(model, residues, device)
    figures: dict[str, Any] = {}
    for kind in KINDS:
        works, first_calls = {}, {}
        for mode in modes:
            torch._dynamo.reset()  # type: ignore[no-untyped-call]
            twin = prepared(model, mode)
            bf16 = MODES[mode][1] == "bf16"
            run = in_precision(work(twin, list(twin.parameters()), data, kind, bf16), mode)
            start = time.perf_counter()
            run()
            first_calls[mode] = time.perf_counter() - start
            works[mode] = run
        timings = alternate(works, repeats)
        clock = device.type == "cuda"
        figures[kind] = {
            mode: {
                **timing.record(),
                "first_call_seconds": first_calls[mode],
                f"times_{modes[0]}": timing.times(timings[modes[0]], clock=clock),
            }
            for mode, timing in timings.items()
        }
        told = {
            m: f"{1000 * (t.median if clock else t.processor):,.2f}" for m, t in timings.items()
        }
        print(f"{kind}, {residues:,} residues (ms): {told}", flush=True)
    return figures


def make_parser() -> argparse.ArgumentParser:
    """What the command line takes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--modes", nargs="+", default=["float32", "bf16", "compiled"], choices=MODES
    )
    parser.add_argument("--sizes", nargs="+", type=int, default=[256, 1024], metavar="RESIDUES")
    parser.add_argument("--repeats", type=int, default=5, help="rounds (default: 5)")
    parser.add_argument("--device", type=torch.device, default=torch.device("cpu"))
    parser.add_argument("--threads", type=int, help="threads to compute with (default: all)")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="file to write (default: in results/)"
    )
    return parser


def main(argv: list[str] | None = None) -> None:
    """Measure, print the figures and write them."""
    arguments = make_parser().parse_args(argv)
    run = Run(__file__, arguments, argv)
    model = make_networks([OURS], arguments.device)[OURS]
    assert isinstance(model, DenoisingModel)
    figures: dict[str, dict[int, Any]] = {kind: {} for kind in KINDS}
    for size in arguments.sizes:
        found = compare(model, size, arguments.modes, arguments.repeats, arguments.device)
        for kind, of_modes in found.items():
            figures[kind][size] = of_modes
    for kind, sizes in figures.items():
        rows = [
            (f"{size:,}", mode, f"{1000 * one['seconds']:,.2f}", f"{one['first_call_seconds']:.1f}")
            for size, of_modes in sizes.items()
            for mode, one in of_modes.items()
        ]
        print_table(kind, ("residues", "mode", "ms", "first call (s)"), rows)
    run.write(figures=figures)


if __name__ == "__main__":
    main()
