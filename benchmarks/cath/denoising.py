"""How well networks denoise domains of held-out CATH topologies, per noise level.

    python benchmarks/cath/denoising.py --weights FOLDER... [--data-root FOLDER]

Domains: those of the split `test` whose CATH topology occurs neither in `train` nor in `validation`
(327), of them `--domains`, evenly spread; a random stretch of at most `--crop` residues of each.
Networks that are trained on the shipped training domains, or on the chains that the full corpus
marks for it, have seen none of these folds in a domain with a label. Noise of each level is added
with `--noise-seeds` seeds; every network gets the same crops and noise, and is told the level.

Per network, level and stage (perturbed; after one step along the estimated gradient; after annealed
Langevin dynamics from that level down, for `--langevin-domains` of the domains):

- unit-noise error: squared deviation from the native coordinates over the variance of the noise,
  mean over residues and coordinates (no superposition); of the perturbed structure, that is what
  predicting nothing gets: 1. `per_residue` is the mean over all residues as in
  `benchmarks/pretraining/evaluate.py`; the others are means over domains of the mean of each;
- RMSD of CA after superposition, in Å, and lDDT of CA, both to the native structure.

Each figure is a mean over domains and seeds, with the standard deviation over domains (of a
domain's mean over seeds) and over seeds (of a seed's mean over domains). One step estimates the
mean of all structures that the perturbed one can have come from; Langevin dynamics draws one such
structure, and what it draws is farther from the native one as a rule.

Writes `results/denoising.json` beside the script, or `--json`, and prints the figures as tables.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

# What the benchmarks share lies in this checkout; the package is the one that is installed.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from benchmarks.cath.labels import new_topology
from benchmarks.common import (
    Network,
    Run,
    load_domains,
    load_networks,
    make_parser,
    print_table,
    spread,
)
from benchmarks.common.noise import SIGMAS, perturbed_batches
from proteingraph.datasets import ChainPack
from proteingraph.ops import segment_mean
from proteingraph.pretrain import DenoisingModel, annealed_langevin, denoise_step
from proteingraph.pretrain.sampling import compare_structures, levels_below

METRICS = ("unit_noise_error", "rmsd", "lddt")
STAGES = ("perturbed", "one step", "Langevin")


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = make_parser(__doc__)
    add = parser.add_argument
    add("--domains", type=int, default=160, help="domains to take one step with (default: 160)")
    add("--langevin-domains", type=int, default=10, help="and for Langevin (default: 10; 0: none)")
    add("--sigma", type=float, nargs="+", default=list(SIGMAS), help="noise in Å")
    add(
        "--langevin-sigma",
        type=float,
        nargs="+",
        default=[10.0, 5.0, 2.0, 1.0, 0.5],
        help="noise in Å that Langevin dynamics starts from (default: 10 5 2 1 0.5)",
    )
    add("--noise-seeds", type=int, default=3, help="draws of noise a domain (default: 3)")
    add("--levels", type=int, default=10, help="noise levels of Langevin dynamics (default: 10)")
    add("--steps", type=int, default=5, help="its steps at each level (default: 5)")
    add("--crop", type=int, default=256, help="longest stretch in residues (default: 256)")
    add("--residues", type=int, default=1600, help="residues in a batch (default: 1600)")
    return parser.parse_args(argv)


def measure(
    model: DenoisingModel,
    pack: ChainPack,
    sigma: float,
    options: argparse.Namespace,
    noise_seed: int,
    langevin: bool,
) -> Tensor:
    """Perturb and denoise every domain once: ``[metrics, stages, domains]``."""
    path = levels_below(model.schedule, sigma, options.levels)
    parts = []
    for batch in perturbed_batches(model, pack, sigma, options.crop, options.residues, noise_seed):
        stages = [batch.pos, denoise_step(model, batch, sigma)]
        if langevin:
            # Structure b draws from `seed + b`: its row, wherever batches begin.
            seed = (noise_seed + 1) * 1_000_003 + sum(part.size(-1) for part in parts)
            stages.append(
                annealed_langevin(model, batch, path, steps_per_level=options.steps, seed=seed)
            )
        native = batch.pos_clean
        compared = [compare_structures(pos, native, batch.batch) for pos in stages]
        squares = [((pos - native) / sigma).square().mean(1, keepdim=True) for pos in stages]
        errors = [segment_mean(values, batch.batch, batch.num_graphs)[:, 0] for values in squares]
        rmsds, lddts = zip(*compared, strict=True)
        parts.append(torch.stack([torch.stack(values) for values in (errors, rmsds, lddts)]))
    return torch.cat(parts, dim=-1)


def measure_all(
    networks: Sequence[Network],
    pack: ChainPack,
    sigmas: Sequence[float],
    options: argparse.Namespace,
    langevin: bool = False,
) -> dict[str, dict[str, Any]]:
    """Figures by network and noise level."""
    lengths = pack.lengths.clip(max=options.crop)
    figures: dict[str, dict[str, Any]] = {}
    for network in networks:
        start = time.perf_counter()
        by_sigma = figures.setdefault(network.name, {})
        for sigma in sigmas:
            draws = [
                measure(network.model, pack, sigma, options, seed, langevin)
                for seed in range(options.noise_seeds)
            ]
            by_sigma[f"{sigma:g}"] = summarize(torch.stack(draws).double().numpy(), lengths)
        print(f"{network.name}: {time.perf_counter() - start:.0f} s", flush=True)
    return figures


def summarize(values: NDArray[np.float64], lengths: NDArray[np.int64]) -> dict[str, Any]:
    """Mean and deviations by metric and stage, of ``[seeds, metrics, stages, domains]``."""
    out: dict[str, Any] = {}
    for m, metric in enumerate(METRICS):
        for s, stage in enumerate(STAGES[: values.shape[2]]):
            draws = values[:, m, s]
            out.setdefault(metric, {})[stage] = {
                "mean": float(draws.mean()),
                "sd_domains": float(draws.mean(axis=0).std(ddof=1)),
                "sd_seeds": float(draws.mean(axis=1).std(ddof=1)) if len(draws) > 1 else None,
            }
            if metric == "unit_noise_error":
                per_residue = float(np.average(draws, axis=1, weights=lengths).mean())
                out[metric][stage]["per_residue"] = per_residue
    return out


def show(title: str, figures: dict[str, dict[str, Any]]) -> None:
    """Print means, the error with its deviation over domains, a row a noise level and network."""
    first = next(iter(next(iter(figures.values())).values()))
    stages = list(first["rmsd"])
    header = ["noise (Å)", "network", "error: nothing", "one step"]
    header += [f"RMSD (Å): {stages[0]}", *stages[1:], f"lDDT: {stages[0]}", *stages[1:]]
    rows = []
    for sigma in next(iter(figures.values())):
        for name, by_sigma in figures.items():
            found = by_sigma[sigma]
            error = found["unit_noise_error"]
            cells = [f"{error[s]['mean']:.3f} ± {error[s]['sd_domains']:.3f}" for s in stages[:2]]
            cells += [f"{found['rmsd'][stage]['mean']:.3f}" for stage in stages]
            cells += [f"{found['lddt'][stage]['mean']:.3f}" for stage in stages]
            rows.append([sigma, name, *cells])
    print_table(title, header, rows)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure the networks named on the command line."""
    options = parse(argv)
    run = Run(__file__, options, argv)
    networks = load_networks(options.weights)
    domains = load_domains(options.data_root)
    others = (domains["train"], domains["validation"])
    held_out = domains["test"].subset(new_topology(domains["test"], *others))
    pack = spread(held_out, options.domains)
    few = spread(held_out, options.langevin_domains) if options.langevin_domains else None
    settings = {
        "held_out_domains": len(held_out),
        "domains": len(pack),
        "langevin_domains": 0 if few is None else len(few),
        **{name: getattr(options, name) for name in ("crop", "noise_seeds", "levels", "steps")},
    }
    with run.timed("one step"):
        one_step = measure_all(networks, pack, options.sigma, options)
    show(f"{len(pack)} domains of held-out topologies, {options.noise_seeds} draws each", one_step)
    langevin = {}
    if few is not None:
        with run.timed("Langevin"):
            langevin = measure_all(networks, few, options.langevin_sigma, options, langevin=True)
        show(f"{len(few)} of these, with annealed Langevin dynamics", langevin)
    run.write(
        networks={network.name: network.describe() for network in networks},
        settings=settings,
        one_step=one_step,
        langevin=langevin,
    )


if __name__ == "__main__":
    main()
