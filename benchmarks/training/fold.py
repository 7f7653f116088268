"""Fine-tunes a network for structure search, with a contrastive loss on SCOPe superfamilies.

    python benchmarks/training/fold.py --weights dsm_base --data-root FOLDER -o FOLDER --minutes 7

Trained on are SCOPe domains on chains whose folds are trained on, a few of each superfamily that
has two or more; of two domains of one fold but different superfamilies nothing is demanded.
Candidates are the network as it is, with three read-outs: that of pre-training, whitening, and
whitening within superfamilies; and the network trained with the supervised contrastive loss, with
the read-out that was trained with it, and with whitening within superfamilies anew. The validation
domains, which are of other folds, stop the training and choose among the candidates, by the share
of the superfamily that is found before the first domain of another fold. Test domains have no part
in it: `benchmarks/scop/retrieval.py` judges them.

The folder gets the chosen weights, as `DenoisingModel.from_pretrained` reads them. A training that
was stopped goes on with `--resume`; without `--minutes` or `--steps` there is none, and the chosen
weights differ from those at the start in the read-out alone: publish them with `--base`.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import yaml
from numpy.typing import NDArray
from pydantic import TypeAdapter

# What the benchmarks share lies in this checkout; the package is the one that is installed.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from benchmarks.common import load_domains, print_table
from benchmarks.common.arguments import weights_folder
from benchmarks.scop.relations import LEVELS, Relations
from benchmarks.scop.similarity import AS_GIVEN, cosine
from proteingraph import __version__
from proteingraph.datasets import ChainPack
from proteingraph.datasets.hierarchy import SCOP_LEVELS, code_at_level, number_classes
from proteingraph.files import replacing
from proteingraph.nn import ProteinReadout, Whitening
from proteingraph.pretrain import DenoisingModel
from proteingraph.pretrain.memory import keep_freed_memory
from proteingraph.tasks.contrastive import ContrastiveConfig
from proteingraph.tasks.discriminant import whiten_within_classes

if TYPE_CHECKING:
    from proteingraph.tasks.contrastive.run import Contrasted

FIGURES = (*LEVELS, "top1")
CHOSEN_BY = "superfamily"
# Of the map that is trained with the encoder. One that magnifies axes of little variance magnifies
# whatever changes in the encoder: with 512, searches got worse, until whitened anew.
AXES = 128
WITHIN, TRAINED, AGAIN = "whitened within", "trained", "trained, whitened within"

Figures = dict[str, float]


def choose(pack: ChainPack, members: int, longest: int, seed: int) -> ChainPack:
    """Draw domains of each superfamily that has two or more.

    Args:
        pack: Domains with SCOPe codes.
        members: Domains of a superfamily, at most.
        longest: Residues of a domain, at most.
        seed: Seed.
    """
    pack = pack.subset(pack.lengths <= longest)
    kinds = classes(pack, "superfamily")
    order = np.random.default_rng(seed).permutation(len(pack))
    order = order[np.argsort(kinds[order], kind="stable")]
    sizes = np.bincount(kinds)
    rank = np.arange(len(pack)) - np.repeat(sizes.cumsum() - sizes, sizes)
    return pack.subset(np.sort(order[(rank < members) & (sizes[kinds[order]] > 1)]))


def classes(pack: ChainPack, level: str) -> NDArray[np.int64]:
    """Number of the class of each domain at a level of SCOPe."""
    return number_classes(code_at_level(c, level, SCOP_LEVELS) for c in pack.labels["sccs"])[0]


def pool(model: DenoisingModel, pack: ChainPack, cache: Path) -> NDArray[np.float32]:
    """Pooled embeddings of domains, from a file if it holds those of this network."""
    from proteingraph.tasks.contrastive.run import pool_corpus

    # Parameters that differ give another sum, or the same embeddings for all that matters here.
    told = [sum(p.double().sum().item() for p in model.parameters()), model.embedding_sigma]
    if cache.exists():
        with np.load(cache) as known:
            if np.array_equal(known["names"], pack.names) and np.array_equal(known["of"], told):
                pooled: NDArray[np.float32] = known["pooled"]
                return pooled
    pooled = pool_corpus(model, pack)
    with replacing(cache) as partial, partial.open("wb") as file:
        np.savez(file, names=pack.names, of=told, pooled=pooled)
    return pooled


def scale(readout: ProteinReadout) -> Whitening:
    """The map of a read-out, of numbers."""
    return Whitening(readout.mean.double().numpy(), readout.axes.double().numpy())


class Candidates:
    """Networks with read-outs, and how well they search among the validation domains.

    Args:
        validation: Domains with SCOPe codes.
    """

    def __init__(self, validation: ChainPack) -> None:
        self.relations = Relations(validation.labels["sccs"].tolist())
        self.found: dict[str, tuple[DenoisingModel, Whitening]] = {}
        self.judged: dict[str, Figures] = {}

    def judge(self, vectors: NDArray[np.floating]) -> Figures:
        """Judge the cosines of vectors of the validation domains."""
        return self.relations.judge(cosine(vectors, vectors, AS_GIVEN))

    def judge_scaled(
        self,
        pooled: NDArray[np.floating],
        reference: NDArray[np.floating],
        kinds: NDArray[np.int64],
    ) -> float:
        """Judge pooled embeddings, on the scale that others of known superfamilies tell."""
        judged = self.judge(whiten_within_classes(reference, kinds)(pooled))
        print({figure: round(value, 3) for figure, value in judged.items()}, flush=True)
        return judged[CHOSEN_BY]

    def add(
        self, name: str, model: DenoisingModel, to: Whitening, pooled: NDArray[np.floating]
    ) -> None:
        """Add a network with a read-out, given its pooled embeddings of the validation domains."""
        self.found[name] = model, to
        self.judged[name] = self.judge(to(pooled))
        print(name, {figure: round(value, 3) for figure, value in self.judged[name].items()})

    def best(self) -> str:
        """Name of the one that finds most."""
        return max(self.judged, key=lambda name: self.judged[name][CHOSEN_BY])

    def show(self) -> None:
        """Print a table."""
        rows = [
            [name, *(f"{one[figure]:.3f}" for figure in FIGURES)]
            for name, one in self.judged.items()
        ]
        print_table("validation domains, each searches the others", ("read-out", *FIGURES), rows)


def train(
    model: DenoisingModel,
    pooled: NDArray[np.floating],
    pack: ChainPack,
    validation: ChainPack,
    candidates: Candidates,
    config: ContrastiveConfig,
    arguments: argparse.Namespace,
) -> Contrasted:
    """Train on domains with these pooled embeddings, and add what comes of it to the candidates."""
    from proteingraph.tasks.contrastive.run import Labelled, fit_contrastive, pool_corpus

    kinds = classes(pack, "superfamily")
    fitted = fit_contrastive(
        model,
        Whitening.fit(pooled, 0.5, columns=AXES),
        Labelled(pack, kinds, classes(pack, "fold")),
        validation,
        candidates.judge_scaled,
        arguments.output / "checkpoints",
        config,
        resume=arguments.resume,
    )
    trained = fitted.model
    known = pool_corpus(trained, validation)
    candidates.add(TRAINED, trained, scale(trained.readout), known)
    again = pool(trained, pack, arguments.output / "pooled_trained.npz")
    candidates.add(AGAIN, trained, whiten_within_classes(again, kinds, arguments.columns), known)
    return fitted


def describe(fitted: Contrasted | None, model: DenoisingModel, seconds: float) -> dict[str, Any]:
    """What a run was, in the form that pre-training leaves."""
    threads = torch.get_num_threads()
    return {
        "proteingraph": __version__,
        "torch": torch.__version__,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {threads} threads",
        "device": str(next(model.parameters()).device),
        "steps": fitted.steps if fitted else 0,
        "residues": fitted.residues if fitted else 0,
        "seconds": round(seconds, 1),
        "parameters": sum(p.numel() for p in model.parameters()),
    }


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--weights",
        type=weights_folder,
        required=True,
        help="name of the zoo, or folder, to start from",
    )
    parser.add_argument("--data-root", type=Path, required=True, help="folder of the full corpus")
    parser.add_argument("--output", "-o", type=Path, required=True, help="folder to write")
    parser.add_argument("--minutes", type=float, help="time of training, at most")
    parser.add_argument("--steps", type=int, help="steps of training, at most")
    parser.add_argument(
        "--sigma", type=float, default=2.0, help="noise in Å that the network is told (default: 2)"
    )
    parser.add_argument("--columns", type=int, help="columns of embeddings (default: all)")
    parser.add_argument(
        "--per-superfamily", type=int, default=8, metavar="N", help="domains (default: 8)"
    )
    parser.add_argument(
        "--longest", type=int, default=400, help="residues of a domain, at most (default: 400)"
    )
    parser.add_argument(
        "--set",
        "-s",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="setting of `ContrastiveConfig`",
    )
    parser.add_argument("--resume", action="store_true", help="go on with the run in the folder")
    parser.add_argument("--threads", type=int, help="threads to compute with (default: all)")
    return parser.parse_args(argv)


def settings(arguments: argparse.Namespace) -> ContrastiveConfig:
    """Settings of training from the command line."""
    given = {name: yaml.safe_load(text) for name, text in (s.split("=", 1) for s in arguments.set)}
    limits = {"steps": arguments.steps or 100_000, "minutes": arguments.minutes}
    return TypeAdapter(ContrastiveConfig).validate_python({**limits, **given})


def main(argv: Sequence[str] | None = None) -> None:
    """Train, choose, and write the weights."""
    from proteingraph.tasks.contrastive.run import pool_corpus

    began = time.perf_counter()
    arguments = parse(argv)
    config = settings(arguments)
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    keep_freed_memory()
    arguments.output.mkdir(parents=True, exist_ok=True)
    model = DenoisingModel.from_pretrained(arguments.weights)
    model.embedding_sigma = arguments.sigma
    packs = load_domains(arguments.data_root, "scope", backbone=model.backbone)
    pack = choose(packs["train"], arguments.per_superfamily, arguments.longest, config.seed)
    kinds = classes(pack, "superfamily")
    print(f"{len(pack)} domains of {len(np.unique(kinds))} superfamilies to train on", flush=True)
    pooled = pool(model, pack, arguments.output / "pooled.npz")
    validation = packs["validation"]
    known = pool_corpus(model, validation)
    candidates = Candidates(validation)
    if model.readout.columns:
        candidates.add("as pre-trained", model, scale(model.readout), known)
    candidates.add("whitened", model, Whitening.fit(pooled, columns=arguments.columns), known)
    candidates.add(WITHIN, model, whiten_within_classes(pooled, kinds, arguments.columns), known)
    fitted = None
    if arguments.minutes or arguments.steps:
        fitted = train(model, pooled, pack, validation, candidates, config, arguments)
    candidates.show()
    best = candidates.best()
    chosen, readout = candidates.found[best]
    chosen.set_readout(readout)
    told = {
        **describe(fitted, chosen, time.perf_counter() - began),
        "chains": len(pack),
        "init": arguments.weights.name,
        "chosen": best,
        "config": asdict(config),
        "metrics": candidates.judged,
    }
    chosen.save_pretrained(arguments.output, told)
    print(f"{arguments.output} written: {best}")


if __name__ == "__main__":
    main()
