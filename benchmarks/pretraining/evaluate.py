"""Held-out error of the unit noise per noise level, of one or more pre-trained networks.

    python benchmarks/pretraining/evaluate.py WEIGHTS... --data-root FOLDER

FOLDER holds `chains.npz` and `splits.tsv`; without it the validation domains shipped with the
package are used. Every network sees the same crops with the same noise. Predicting nothing gives 1.
Writes a table to standard output and, with `--json`, the figures to a file.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import torch

# What the benchmarks share lies in this checkout; the package is the one that is installed.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from benchmarks.common import spread
from benchmarks.common.arguments import weights_folder
from benchmarks.common.noise import SIGMAS, perturbed_batches
from proteingraph.datasets import ChainPack
from proteingraph.pretrain import DenoisingModel
from proteingraph.pretrain.memory import keep_freed_memory
from proteingraph.pretrain.module import unit_noise_errors
from proteingraph.pretrain.split import load_split_corpus


def evaluate(
    model: DenoisingModel, pack: ChainPack, crop: int, residues: int, sigmas: list[float]
) -> dict[float, float]:
    """Mean over residues and coordinates of the squared error, per noise level."""
    out = {}
    for sigma in sigmas:
        total = count = 0.0
        with torch.inference_mode():
            for batch in perturbed_batches(model, pack, sigma, crop, residues):
                errors = unit_noise_errors(model, batch)
                total += float(errors.double().sum())
                count += errors.numel()
        out[sigma] = total / count
    return out


def held_out(root: Path | None, number: int | None) -> ChainPack:
    """Validation chains, or evenly spread ones of them."""
    if root is None:
        pack = load_split_corpus("cath-scop-mini")[1]
    else:
        pack = load_split_corpus(root / "chains.npz", root / "splits.tsv", "pretrain")[1]
    return spread(pack, number)


def main() -> None:
    """Evaluate the networks named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "weights", nargs="+", type=weights_folder, help="names of the zoo, or folders of weights"
    )
    parser.add_argument("--data-root", type=Path, help="folder of the full corpus")
    parser.add_argument("--crop", type=int, default=256, help="longest stretch (default: 256)")
    parser.add_argument("--chains", type=int, help="evenly spread chains to use (default: all)")
    parser.add_argument("--residues", type=int, default=1600, help="residues in a batch")
    parser.add_argument("--sigma", type=float, nargs="+", default=list(SIGMAS), help="noise in Å")
    parser.add_argument("--threads", type=int, help="threads to compute with (default: all)")
    parser.add_argument("--json", type=Path, help="file for the figures")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    keep_freed_memory()
    pack = held_out(arguments.data_root, arguments.chains)
    print(f"{len(pack)} held-out chains, crops of {arguments.crop}")
    figures = {}
    for folder in arguments.weights:
        start = time.perf_counter()
        model = DenoisingModel.from_pretrained(folder)
        errors = evaluate(model, pack, arguments.crop, arguments.residues, arguments.sigma)
        figures[folder.name] = {f"{sigma:g}": error for sigma, error in errors.items()}
        row = "  ".join(f"{sigma:g}: {error:.4f}" for sigma, error in errors.items())
        print(f"{folder.name}  {row}  ({time.perf_counter() - start:.0f} s)", flush=True)
    if arguments.json:
        record = {"crop": arguments.crop, "chains": len(pack), "errors": figures}
        arguments.json.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
