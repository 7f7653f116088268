"""Structure quality assessment with and without pre-training, on comparative models.

    python benchmarks/quality/quality.py --weights dsm_small --data-root FOLDER --runs FOLDER

What is told is the lDDT of each residue of models of targets of which no relatives were trained on:
by a network that starts from pre-trained weights, frozen or fine-tuned, or from scratch, with the
same head, steps and data (`quality.yaml`); by gradient-boosted trees on what shows without a
network, the artefacts of how models were built, and how densely they are packed; and, without any
label, by how small a gradient the pre-trained network estimates. To tell what carries over between
kinds of models, one more network is fine-tuned on models made of natives by noise, normal modes,
shifts and turns, and both are tested on both kinds. `--others threaded` trains one on threaded
models too (`threaded.py`).

All choices are made on the validation split. A training that has its result in `--runs` is not run
again. `--save FOLDER` keeps the fine-tuned task that is best on the validation split.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

# What the benchmarks share lies in this checkout; the package is the one that is installed.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from benchmarks.common import Run, load_networks, make_parser, print_table
from benchmarks.quality.figure import draw_errors
from benchmarks.quality.measures import judge
from benchmarks.quality.models import Models, load_models
from benchmarks.quality.strain import SIGMAS, relaxedness
from benchmarks.quality.training import MODES, Job, read_settings, run_job
from benchmarks.quality.trees import TRACKS, predict_trees, tree_features
from proteingraph.files import replacing
from proteingraph.pretrain import DenoisingModel
from proteingraph.tasks import TaskModel
from proteingraph.tasks.saved import HEAD, TASK

SETTINGS = Path(__file__).with_name("quality.yaml")
OTHERS = ("synthetic", "threaded")
COLUMNS = {
    "pearson": "residues r",
    "mae": "MAE",
    "auroc": "AUROC",
    "global_pearson": "models r",
    "global_spearman": "models ρ",
    "target_pearson": "within targets r",
    "target_spearman": "within targets ρ",
    "target_top1_loss": "top-1 loss",
    "global_pearson_gdt_ts": "GDT_TS r",
    "target_spearman_gdt_ts": "GDT_TS within ρ",
}

Figures = dict[str, float]
Record = dict[str, Any]


def judge_strain(network: DenoisingModel, models: Models) -> Record:
    """Judge the estimated gradient at each noise told, the best of which validation models tell."""
    watched, tested = (models.comparative[name] for name in ("validation", "test"))
    at = {s: judge(relaxedness(network, watched.pack, s), watched) for s in SIGMAS}
    best = max(at, key=lambda sigma: at[sigma]["pearson"])
    test = judge(relaxedness(network, tested.pack, best), tested)
    del test["mae"]  # a norm is no lDDT
    chosen = {f"{sigma:g}": figures["pearson"] for sigma, figures in at.items()}
    return {"sigma": best, "validation_pearson": chosen, "validation": at[best], "test": test}


def judge_trees(models: Models, seeds: int) -> dict[str, list[Figures]]:
    """Judge trees on comparative models, of each seed; they are trained on all residues."""
    packs = models.comparative
    known, asked = (tree_features(packs[name]) for name in ("train", "test"))
    starts, lddt = packs["test"].pack.starts[1:-1], packs["train"].columns["lddt"]
    found: dict[str, list[Figures]] = {}
    for track in TRACKS:
        guesses = [predict_trees(known, lddt, asked, track, seed) for seed in range(seeds)]
        found[track] = [judge(np.split(guess, starts), packs["test"]) for guess in guesses]
    return found


def kept(path: Path, measure: Callable[[], Record]) -> Record:
    """What was measured before, or is measured now and kept."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as partial:
            partial.write_text(json.dumps(measure(), indent=2) + "\n", encoding="utf-8")
    found: Record = json.loads(path.read_text(encoding="utf-8"))
    return found


def make_jobs(arguments: argparse.Namespace) -> list[Job]:
    """All trainings: seed after seed, so that whatever is compared runs side by side."""
    jobs = [Job(mode, seed) for seed in range(arguments.seeds) for mode in arguments.modes]
    jobs += [Job("finetune", 0, data, long=True) for data in arguments.long]
    return jobs + [Job("finetune", 0, data) for data in arguments.others]


def summarise(figures: Sequence[Figures]) -> dict[str, Record]:
    """Mean, standard deviation (with one run: none) and number of runs of each measure."""
    return {
        name: {
            "mean": float(np.mean([one[name] for one in figures])),
            "std": float(np.std([one[name] for one in figures], ddof=1)) if figures[1:] else None,
            "runs": len(figures),
        }
        for name in figures[0]
    }


def gather(results: Record, records: dict[str, Record]) -> dict[str, dict[str, Record]]:
    """Measures on the comparative models, over trainings that differ in their seeds alone."""
    methods = {"no labels, estimated gradient": summarise([results["strain"]["test"]])}
    for track, figures in results.get("trees", {}).items():
        methods[f"trees, {track}"] = summarise(figures)
    for record in records.values():
        about = record["about"]
        if about["data"] != "synthetic":
            kind = "" if about["data"] == "comparative" else f", {about['data']} models too"
            method = f"{MODES[about['mode']]}, {about['settings']['steps']} steps{kind}"
            same = [one["test"] for one in records.values() if alike(one, record)]
            methods[method] = summarise(same)
    return methods


def show(title: str, methods: dict[str, dict[str, Record]]) -> None:
    """Print a row a method."""
    rows = []
    for method, measured in methods.items():
        cells = []
        for name in COLUMNS:
            found = measured.get(name, {"mean": None, "std": None})
            cell = "" if found["mean"] is None else f"{found['mean']:.3f}"
            cells.append(cell if found["std"] is None else f"{cell} ± {found['std']:.3f}")
        rows.append([method, *cells])
    print_table(title, ["method", *COLUMNS.values()], rows)


def show_kinds(records: dict[str, Record]) -> None:
    """Print what carries over from one kind of models to another."""
    for on, measured in (("comparative", "test"), ("synthetic", "synthetic")):
        rows = {
            f"{record['about']['data']} models, {record['steps']} steps": summarise(
                [record[measured]]
            )
            for record in records.values()
            if "synthetic" in record
        }
        show(f"{on} models of held-out targets, by what was fine-tuned on, seed 0", rows)


def save_best(records: dict[str, Record], runs: Path, folder: Path | None) -> str | None:
    """Copy the fine-tuned task that is best on comparative validation models; its name, or None."""
    tuned = [
        name
        for name, record in records.items()
        # Those trained on synthetic models were stopped and judged by others of these.
        if record["about"]["mode"] == "finetune" and record["about"]["data"] != "synthetic"
    ]
    if not tuned:
        return None
    best = max(tuned, key=lambda name: records[name]["validation_pearson"])
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("model.safetensors", "config.json", HEAD, TASK):
            shutil.copyfile(runs / best / name, folder / name)
        TaskModel.from_pretrained(folder)
    return best


def alike(one: Record, other: Record) -> bool:
    """Whether two trainings differ in their seeds at most."""
    first, second = (
        {**about, "seed": 0, "settings": {**about["settings"], "seed": 0}}
        for about in (one["about"], other["about"])
    )
    return first == second


def zoo_results(folder: Path, tuned: dict[str, Record], models: int) -> Record:
    """What the record of the weights says of them."""
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    on = f"{models} comparative models of held-out targets"
    row = {"on": on, "track": "structure and sequence", "measures": tuned}
    return {"weights_sha256": digest, "rows": [row]}


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = make_parser(__doc__ or "")
    parser.add_argument("--runs", type=Path, required=True, help="folder of trainings")
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="(default: 3)")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=list(MODES))
    parser.add_argument(
        "--others",
        nargs="*",
        choices=OTHERS,
        default=["synthetic"],
        help="other models to train on, with one seed (default: synthetic)",
    )
    parser.add_argument(
        "--long",
        nargs="*",
        choices=("comparative", "threaded"),
        default=[],
        help="models of one more fine-tuning, as long as the settings say (default: none)",
    )
    parser.add_argument("--no-trees", action="store_true", help="no trees")
    parser.add_argument("--settings", type=Path, default=SETTINGS, help="(default: quality.yaml)")
    parser.add_argument("--steps", type=int, metavar="N", help="in place of those of the settings")
    parser.add_argument("--save", type=Path, metavar="FOLDER", help="for the best fine-tuned task")
    arguments = parser.parse_args(argv)
    if arguments.data_root is None or len(arguments.weights) != 1:
        parser.error(
            "comparative models are in the full corpus: name it by --data-root, and one "
            "network by --weights"
        )
    return arguments


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    arguments = parse(argv)
    run = Run(__file__, arguments, argv)
    settings = read_settings(arguments.settings, arguments.steps)
    (network,) = load_networks(arguments.weights)
    with run.timed("models"):
        models = load_models(arguments.data_root, settings.threaded)
    results: Record = {}
    with run.timed("strain"):
        path = arguments.runs / f"strain_{network.name}.json"
        results["strain"] = kept(path, lambda: judge_strain(network.model, models))
    if not arguments.no_trees:
        with run.timed("trees"):
            path = arguments.runs / f"trees_{arguments.seeds}.json"
            results["trees"] = kept(path, lambda: judge_trees(models, arguments.seeds))
    records: dict[str, Record] = {}
    for job in make_jobs(arguments):
        with run.timed("training"):
            record = run_job(job, arguments.weights[0], models, settings, arguments.runs)
        records[job.name] = record
        figures = record["test"]
        told = f"r {figures['pearson']:.3f}, within targets {figures['target_spearman']:.3f}"
        print(f"{job.name}: {record['seconds']:.0f} s, {told}", flush=True)
    tested = models.comparative["test"]
    methods = gather(results, records)
    show(f"{len(tested)} comparative models of held-out targets", methods)
    show_kinds(records)
    best = save_best(records, arguments.runs, arguments.save)
    if best is not None:
        with np.load(arguments.runs / best / "test.npz") as known:
            predicted = np.split(known["lddt"], tested.pack.starts[1:-1])
        draw_errors(predicted, tested, run.output.with_suffix(".png"))
        same = [one["test"] for one in records.values() if alike(one, records[best])]
        results["zoo_results"] = zoo_results(arguments.runs / best, summarise(same), len(tested))
    run.write(
        networks={network.name: network.describe()},
        models={name: len(pack) for name, pack in models.comparative.items()},
        methods=methods,
        chosen=best,
        runs=records,
        **results,
    )


if __name__ == "__main__":
    main()
