"""What each part of the recipe is worth: one change at a time, equal training time.

    python benchmarks/training/ablations.py [--data-root FOLDER] [--jobs 2]

Every variant is `ablations.yaml` with the few settings of `VARIANTS` changed, trained on one core
for `--minutes`, and judged by the held-out error of the unit noise (`metrics.json` of its run) and
by retrieval: each validation domain searches the others by the cosine of protein embeddings. Test
domains are not touched. FOLDER holds the full corpus; without it the shipped domains are used.

A variant that has its `result.json` in `--output` is not run again, and one that was stopped goes
on. `base_again` differs from `base` in the seed alone: smaller differences than theirs say nothing.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning.pytorch.callbacks import Callback

# What the benchmarks share lies in this checkout; the package is the one that is installed.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from benchmarks.common import Run, embed_pack, load_domains, print_table, spread
from benchmarks.scop.relations import LEVELS, Relations
from benchmarks.scop.similarity import AS_GIVEN, cosine
from proteingraph.datasets.protocol import Corpus
from proteingraph.errors import ProteinGraphError
from proteingraph.files import replacing
from proteingraph.parallel import map_in_processes
from proteingraph.pretrain import DenoisingModel, PretrainConfig, load_config
from proteingraph.pretrain.config import flat_settings
from proteingraph.pretrain.run import pretrain
from proteingraph.pretrain.split import load_split_corpus

BASE = Path(__file__).with_name("ablations.yaml")
RUNS = Path("runs/ablations")
FIGURES = (*LEVELS, "top1")


@dataclass(frozen=True)
class Variant:
    """One change of the recipe.

    Attributes:
        change: What is changed, in words.
        settings: Settings that differ from those of the base.
        head: Attributes of the gradient head that differ from its defaults.
        note: What to mind when its figures are compared with those of the base.
    """

    change: str
    settings: tuple[str, ...] = ()
    head: tuple[tuple[str, Any], ...] = ()
    note: str = ""


def _channels(times: float) -> tuple[str, ...]:
    """Settings of an encoder as wide as so many times that of the base."""
    widths = {"channels": 128, "pair_channels": 64, "hidden_channels": 96}
    return tuple(f"model.encoder.{name}={int(times * width)}" for name, width in widths.items())


FOUR_ATOMS = "N, CA, C and O are seen and perturbed, so equal noise is not an equal task"
BEYOND = "judged beyond the noise that it is trained on, too"

VARIANTS = {
    "base": Variant("the recipe"),
    "base_again": Variant("another seed", ("seed=1",)),
    "joint": Variant("15 % of the types hidden and predicted, weight 0.2", ("joint.weight=0.2",)),
    "joint_strong": Variant(
        "15 % of the types hidden and predicted, weight 1", ("joint.weight=1.0",)
    ),
    "no_orientation": Variant("no relative orientations", ("model.graph.orientation=false",)),
    "no_types": Variant("no residue types", ("model.graph.residue_types=false",)),
    "backbone": Variant("backbone, not CA alone", ("model.graph.backbone=true",), note=FOUR_ATOMS),
    "noise_paper": Variant("noise 10 to 0.01 Å, the range of the paper", ("noise.smallest=0.01",)),
    "noise_narrow": Variant(
        "noise 2 to 0.1 Å", ("noise.largest=2.0", "noise.smallest=0.1"), note=BEYOND
    ),
    "noise_large": Variant("noise 10 to 0.5 Å", ("noise.smallest=0.5",), note=BEYOND),
    "tilt_1": Variant("all noise levels alike", ("noise.tilt=1.0",)),
    "tilt_2.5": Variant("small noise still more often, tilt 2.5", ("noise.tilt=2.5",)),
    "k_12": Variant("12 edges a residue", ("model.graph.k=12",)),
    "k_36": Variant("36 edges a residue", ("model.graph.k=36",)),
    "shallow": Variant("3 layers, not 5", ("model.encoder.layers=3",)),
    "deep": Variant("8 layers, not 5", ("model.encoder.layers=8",)),
    "narrow": Variant("half the channels", _channels(0.5)),
    "wide": Variant("one and a half times the channels", _channels(1.5)),
    "unit_vectors": Variant("differences over their length", head=(("softening", 0.0),)),
    "soft_10": Variant("differences over length + 10 Å", head=(("softening", 10.0),)),
    "no_denominator": Variant("differences as they are, the paper's", head=(("softening", None),)),
}
"""By name; `base` first."""


class GradientHead(Callback):
    """Sets what is no setting of a run, and no part of the weights, as a run begins."""

    def __init__(self, attributes: Iterable[tuple[str, Any]]) -> None:
        self.attributes = dict(attributes)

    def setup(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """Set them, before training or validation."""
        for name, value in self.attributes.items():
            assert hasattr(pl_module.model.gradient, name)
            setattr(pl_module.model.gradient, name, value)


def settings_of(variant: Variant, minutes: float, overrides: Iterable[str] = ()) -> PretrainConfig:
    """Settings of the run of a variant."""
    return load_config(BASE, [f"minutes={minutes}", *overrides, *variant.settings])


def corpora(root: Path | None, chains: int) -> tuple[Corpus, Corpus]:
    """All chains to train on, and evenly spread ones of those held out."""
    if root is None:
        train, held_out = load_split_corpus("cath-scop-mini")
    else:
        train, held_out = load_split_corpus(root / "chains.npz", root / "splits.tsv", "pretrain")
    return train, spread(held_out, chains)


def retrieval(model: DenoisingModel, root: Path | None, domains: int | None) -> dict[str, Any]:
    """How many relatives the validation domains find among each other."""
    pack = load_domains(root, backbone=model.backbone)["validation"]
    pack = spread(pack, domains)
    vectors = embed_pack(model, pack, ["protein"])["protein"]
    relations = Relations(pack.labels["sccs"].tolist())
    figures = relations.judge(cosine(vectors, vectors, AS_GIVEN))
    # What nobody has to find is no number.
    known = {name: None if np.isnan(value) else value for name, value in figures.items()}
    return {"figures": known, "queries": relations.count()}


def run_variant(name: str, arguments: argparse.Namespace) -> str | None:
    """Train a variant and judge it, unless its result is there; what went wrong, or None."""
    folder = arguments.output / name
    result = folder / "result.json"
    variant = VARIANTS[name]
    try:
        config = settings_of(variant, arguments.minutes, arguments.set)
        if result.exists():
            return None
        train, held_out = corpora(arguments.data_root, arguments.chains)
        head = GradientHead(variant.head)
        options: dict[str, Any] = {"resume": True, "progress": False, "callbacks": [head]}
        module = pretrain(train, held_out, folder, config, **options)
        found = retrieval(module.model, arguments.data_root, arguments.domains)
        record = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
        about = {"variant": name, "change": variant.change, "head": dict(variant.head)}
        with replacing(result) as partial_file:
            content = {**about, **record, "held_out": len(held_out), "retrieval": found}
            partial_file.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    except ProteinGraphError as error:
        return f"{name}: {error}"
    except Exception:  # one variant among many: the others go on
        return f"{name}: {traceback.format_exc()}"
    return None


def _start(threads: int) -> None:
    torch.set_num_threads(threads)


def _lost(name: str) -> str:
    return f"{name}: its process was killed, perhaps for want of memory: run it with --jobs 1"


def collect(arguments: argparse.Namespace) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Results that are there, and what stands in the way of comparing others."""
    results, problems = {}, []
    for name, variant in VARIANTS.items():
        path = arguments.output / name / "result.json"
        if not path.exists():
            continue
        result = json.loads(path.read_text(encoding="utf-8"))
        wanted = flat_settings(settings_of(variant, arguments.minutes, arguments.set).to_dict())
        known = flat_settings(load_config(result["config"]).to_dict())
        other = [f"{key}={value}" for key, value in known.items() if wanted.get(key) != value]
        if known != wanted:
            problems.append(
                f"{path}: is of other settings ({', '.join(other)}), left out: name another "
                "--output, or remove it"
            )
        else:
            results[name] = result
    return results, problems


def rows_of(results: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """A row a variant: what it is, how far it came, and its figures."""
    rows = []
    for name, result in results.items():
        metrics, found = result["metrics"], result["retrieval"]["figures"]
        errors = {
            key.removeprefix("validation/mse_"): value
            for key, value in metrics.items()
            if key.startswith("validation/mse_")
        }
        rows.append(
            {
                "variant": name,
                "change": result["change"],
                "parameters": result["parameters"],
                "steps": result["steps"],
                "residues": result["residues"],
                **{f"error_{sigma}": value for sigma, value in errors.items()},
                "type_accuracy": metrics.get("validation/type_accuracy"),
                **{figure: found[figure] for figure in FIGURES},
            }
        )
    return rows


def show(rows: Sequence[dict[str, Any]]) -> None:
    """Print the table, and what to mind about some of its rows."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    noise = [name for name in names if name.startswith("error_")]
    header = ["variant", "change", "parameters", "steps", "residues (M)"]
    header += [name.removeprefix("error_") + " Å" for name in noise]
    header += ["types", "family", "superfamily", "fold", "superfamily top-1"]
    cells = []
    for row in rows:
        mark = "*" if VARIANTS[row["variant"]].note else ""
        about = [row["variant"] + mark, row["change"], f"{row['parameters']:,}", str(row["steps"])]
        figures = [row.get(name) for name in (*noise, "type_accuracy", *FIGURES)]
        values = ["" if value is None else f"{value:.3f}" for value in figures]
        cells.append([*about, f"{row['residues'] / 1e6:.2f}", *values])
    print_table("held-out error of the unit noise, and retrieval", header, cells)
    for row in rows:
        if note := VARIANTS[row["variant"]].note:
            print(f"* {row['variant']}: {note}")


def write_csv(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write the table, whole or not at all."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as partial_file, open(partial_file, "w", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data-root", type=Path, metavar="FOLDER", help="folder of the corpus")
    parser.add_argument(
        "--minutes", type=float, default=10.0, help="training of each (default: 10)"
    )
    parser.add_argument("--jobs", type=int, default=2, help="variants at a time (default: 2)")
    parser.add_argument("--threads", type=int, default=1, help="threads of each (default: 1)")
    parser.add_argument(
        "--only",
        nargs="+",
        choices=VARIANTS,
        default=list(VARIANTS),
        metavar="VARIANT",
        help=f"variants to run (default: all of {', '.join(VARIANTS)})",
    )
    parser.add_argument("--chains", type=int, default=200, help="held-out chains (default: 200)")
    parser.add_argument("--domains", type=int, help="validation domains to search (default: all)")
    parser.add_argument(
        "--set", "-s", nargs="+", default=[], metavar="NAME=VALUE", help="settings of all variants"
    )
    parser.add_argument("--output", type=Path, default=RUNS, help=f"folder of runs ({RUNS})")
    parser.add_argument("--json", type=Path, help="file to write (default: in results/)")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run variants that have no result yet, and compare all that have one."""
    arguments = parse(argv)
    run = Run(__file__, arguments, argv)
    chosen = [name for name in VARIANTS if name in arguments.only]
    todo = [n for n in chosen if not (arguments.output / n / "result.json").exists()]
    print(f"{len(todo)} variants to run, {arguments.jobs} at a time: {', '.join(todo)}", flush=True)
    work = partial(run_variant, arguments=arguments)
    started = map_in_processes(
        work,
        ([name] for name in todo),
        jobs=min(arguments.jobs, max(1, len(todo))),
        lost=_lost,
        start=_start,
        arguments=(arguments.threads,),
    )
    problems = []
    for name, problem in zip(todo, started, strict=True):
        print(problem or f"{name} is done", flush=True)
        problems += [problem] if problem else []
    results, unfit = collect(arguments)
    print(*unfit, sep="\n", end="\n" if unfit else "")
    rows = rows_of(results)
    show(rows)
    write_csv(run.output.with_suffix(".csv"), rows)
    run.write(variants=results, failed=[*problems, *unfit])
    return 1 if problems or unfit else 0


if __name__ == "__main__":
    sys.exit(main())
