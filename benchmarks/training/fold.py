"""Fine-tunes a network for structure search, with a contrastive loss on SCOPe superfamilies.

    python benchmarks/training/fold.py --weights FOLDER --data-root FOLDER -o FOLDER --minutes 8

Trained on are SCOPe domains on chains whose folds are trained on, a few of each superfamily that has
two or more; of two domains of one fold but different superfamilies nothing is demanded. Training
starts from the network as it is, with its protein embeddings whitened, and is stopped by the clock,
or when the search among the 204 validation domains, which are of other folds, gets no better: judged
is the sensitivity up to the first domain of another fold, mean of family, superfamily and fold.
Test domains have no part in it; `benchmarks/scop/retrieval.py` judges them.

The folder gets the best weights, with a read-out whose cosines tell relatives, as
`DenoisingModel.from_pretrained` reads them. A run that was stopped goes on with `--resume`.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import TypeAdapter

# What the benchmarks share lies in this checkout; the package is the one that is installed.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from benchmarks.common import load_domains, print_table
from benchmarks.scop.relations import LEVELS, Relations
from benchmarks.scop.similarity import AS_GIVEN, cosine
from proteingraph import __version__
from proteingraph.datasets import ChainPack
from proteingraph.datasets.hierarchy import SCOP_LEVELS, code_at_level, number_classes
from proteingraph.files import replacing
from proteingraph.nn import Whitening
from proteingraph.pretrain import DenoisingModel
from proteingraph.tasks.contrastive import ContrastiveConfig

if TYPE_CHECKING:
    from proteingraph.tasks.contrastive.run import Contrasted

POOLED = "pooled.npz"
POWER = 0.75  # of the whitening to start from: as good as 0.5 on validation domains, or better
FIGURES = (*LEVELS, "top1")


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
    """Pooled embeddings of the domains, from a file where it holds them already."""
    from proteingraph.tasks.contrastive.run import pool_corpus

    if cache.exists():
        with np.load(cache) as known:
            if np.array_equal(known["names"], pack.names):
                pooled: NDArray[np.float32] = known["pooled"]
                return pooled
    pooled = pool_corpus(model, pack)
    with replacing(cache) as partial, partial.open("wb") as file:
        np.savez(file, names=pack.names, pooled=pooled)
    return pooled


def figures(relations: Relations, vectors: NDArray[np.floating]) -> dict[str, float]:
    """Judge vectors by their cosines."""
    return relations.judge(cosine(vectors, vectors, AS_GIVEN))


def show(judged: Mapping[str, Mapping[str, float]]) -> None:
    """Print figures of validation domains, a line a network."""
    rows = [[name, *(f"{one[figure]:.3f}" for figure in FIGURES)] for name, one in judged.items()]
    print_table("validation domains, each searches the others", ("network", *FIGURES), rows)


def record(
    fitted: Contrasted, pack: ChainPack, seconds: float, arguments: argparse.Namespace, **more: Any
) -> dict[str, Any]:
    """What the weights are, in the form that pre-training leaves."""
    threads = torch.get_num_threads()
    return {
        "proteingraph": __version__,
        "torch": torch.__version__,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {threads} threads",
        "device": str(next(fitted.model.parameters()).device),
        "chains": len(pack),
        "steps": fitted.steps,
        "residues": fitted.residues,
        "seconds": round(seconds, 1),
        "parameters": sum(p.numel() for p in fitted.model.parameters()),
        "init": arguments.weights.name,
        **more,
    }


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--weights", type=Path, required=True, help="folder to start from")
    parser.add_argument("--data-root", type=Path, required=True, help="folder of the full corpus")
    parser.add_argument("--output", "-o", type=Path, required=True, help="folder to write")
    parser.add_argument("--minutes", type=float, help="time of training (default: by --steps)")
    parser.add_argument("--steps", type=int, default=2000, help="steps at most (default: 2000)")
    parser.add_argument(
        "--sigma", type=float, default=2.0, help="noise in Å the network is told (default: 2)"
    )
    parser.add_argument(
        "--columns", type=int, default=256, help="columns of embeddings (default: 256)"
    )
    parser.add_argument(
        "--per-superfamily",
        type=int,
        default=8,
        metavar="N",
        help="domains of a superfamily, at most (default: 8)",
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
    given = dict(one.split("=", 1) for one in arguments.set)
    given |= {"steps": arguments.steps, "minutes": arguments.minutes}
    return TypeAdapter(ContrastiveConfig).validate_python(given)


def main(argv: Sequence[str] | None = None) -> None:
    """Train, and write the weights."""
    from proteingraph.tasks.contrastive.run import Labelled, fit_contrastive, pool_corpus

    arguments = parse(argv)
    config = settings(arguments)
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    arguments.output.mkdir(parents=True, exist_ok=True)
    model = DenoisingModel.from_pretrained(arguments.weights)
    model.embedding_sigma = arguments.sigma
    packs = load_domains(arguments.data_root, "scope", backbone=model.backbone)
    train = choose(packs["train"], arguments.per_superfamily, arguments.longest, config.seed)
    validation = packs["validation"]
    relations = Relations(validation.labels["sccs"].tolist())
    pooled = pool(model, train, arguments.output / POOLED)
    print(f"{len(train)} domains of {len(np.unique(classes(train, 'superfamily')))} superfamilies")
    start = Whitening.fit(pooled, POWER, columns=arguments.columns)
    judged = {"before": figures(relations, start(pool_corpus(model, validation)))}
    show(judged)
    began = time.perf_counter()
    fitted = fit_contrastive(
        model,
        start,
        Labelled(train, classes(train, "superfamily"), classes(train, "fold"), pooled),
        validation,
        lambda vectors: figures(relations, vectors)["superfamily"],
        arguments.output / "checkpoints",
        config,
        resume=arguments.resume,
    )
    seconds = time.perf_counter() - began
    after = fitted.model.readout
    judged["after"] = figures(
        relations,
        Whitening(after.mean.numpy(), after.axes.numpy())(pool_corpus(fitted.model, validation)),
    )
    show(judged)
    told = record(fitted, train, seconds, arguments, config=asdict(config), metrics=judged)
    fitted.model.save_pretrained(arguments.output, told)
    print(f"{arguments.output} written")


if __name__ == "__main__":
    main()
