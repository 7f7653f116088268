"""Protein-protein-interaction sites with and without pre-training, on GraphPPIS and PPBS.

    python benchmarks/sites/sites.py --weights dsm_small --data-root FOLDER --runs FOLDER

What is told is which residues of a chain touch a partner that is not shown: by a network that
starts from pre-trained weights, frozen or fine-tuned, or from scratch, with the same head, steps
and data (`sites.yaml`). Parts, each tested on Test_60 unless said otherwise:

- `structure`: Train_335, from CA atoms and residue types alone;
- `curve`: the same with 10, 25 and 50 % of the chains;
- `evolutionary`: with the PSSM, HMM and DSSP features that GraphPPIS is published with, a track of
  its own;
- `ppbs`: the chains of PPBS that do not resemble one of Test_60, all and 10 % of them, tested on
  those held out of them;
- `both`: Train_335, by networks that were trained on PPBS before: fine-tuned there, and then left
  alone or fine-tuned again; or from scratch there, and then fine-tuned. In both tracks.

Choices were made by cross-validation on Train_335 and on validation chains. A training that has its
result in `--runs` is not run again; `--parts` runs some alone, as side by side on two cores, and
`--gather` takes those that have one and runs none. `--save FOLDER` keeps the task that is best on
the validation chains, of those that start from pre-trained weights and need no evolutionary
features; if `both` was run, one of it.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

# What the benchmarks share lies in this checkout; the package is the one that is installed.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from benchmarks.common import Run, load_networks, make_parser, print_table
from benchmarks.common.kept import RESULT
from benchmarks.common.sites import load_graphppis
from benchmarks.sites.figure import draw_curve, draw_errors
from benchmarks.sites.training import (
    MODES,
    PREDICTED,
    SITE,
    TRACKS,
    Job,
    read_settings,
    run_job,
)
from proteingraph.tasks.metrics import measure
from proteingraph.tasks.saved import HEAD, TASK

SETTINGS = Path(__file__).with_name("sites.yaml")
SHARES = (0.1, 0.25, 0.5)
FEW = (1.0, 0.1)
PARTS = ("structure", "curve", "evolutionary", "ppbs", "both")
COLUMNS = ("auprc", "auroc", "mcc", "f1", "ece")
TITLES = ("AUPRC", "AUROC", "MCC", "F1", "ECE")
ON = {"graphppis": "Test_60", "both": "Test_60", "ppbs": "200 PPBS chains of other clusters"}

Record = dict[str, Any]
Group = tuple[str, str, float, str]


def make_jobs(parts: Sequence[str], seeds: int) -> list[Job]:
    """All trainings: seed after seed, so that whatever is compared runs side by side."""
    jobs = []
    for seed in range(seeds):
        for mode in MODES:
            tuned = mode != "frozen"
            jobs += [Job(mode, seed)] if "structure" in parts else []
            jobs += [Job(mode, seed, share=s) for s in SHARES if "curve" in parts and tuned]
            jobs += [Job(mode, seed, track="evolutionary")] if "evolutionary" in parts else []
            jobs += [Job(mode, seed, "ppbs", share=s) for s in FEW if "ppbs" in parts and tuned]
            jobs += [Job(mode, seed, "both", track) for track in TRACKS if "both" in parts]
    return jobs


def summarise(figures: Sequence[Record]) -> Record:
    """Mean, standard deviation (with one run: none) and number of runs of each measure."""
    return {
        name: {
            "mean": float(np.mean([one[name] for one in figures])),
            "std": float(np.std([one[name] for one in figures], ddof=1)) if figures[1:] else None,
            "runs": len(figures),
        }
        for name in COLUMNS
    }


def together(jobs: Sequence[Job], runs: Path, root: Path) -> float:
    """AUPRC on Test_60 of the mean probability of several runs."""
    each = []
    for job in jobs:
        with np.load(runs / job.name / PREDICTED) as known:
            each.append(known["probability"])
    site = load_graphppis(root)["test"].columns["site"]
    mean = torch.from_numpy(np.mean(each, axis=0))
    return measure(SITE, mean, torch.from_numpy(site))["auprc"]


def group(records: dict[Job, Record]) -> dict[Group, list[Job]]:
    """Trainings that differ in their seed alone."""
    found: dict[Group, list[Job]] = {}
    for job in records:
        found.setdefault((job.data, job.track, job.share, job.mode), []).append(job)
    return found


def show(summaries: dict[Group, Record]) -> None:
    """Print a table of each test set and track."""
    tables: dict[tuple[str, str], list[list[str]]] = {}
    for (data, track, share, mode), measured in summaries.items():
        cells = [data, MODES[mode], f"{100 * share:g}", str(measured["auprc"]["runs"])]
        for name in COLUMNS:
            mean, std = measured[name]["mean"], measured[name]["std"]
            cells.append(f"{mean:.3f}" + ("" if std is None else f" ± {std:.3f}"))
        cells.append(f"{measured['together']['auprc']:.3f}" if "together" in measured else "")
        tables.setdefault((ON[data], track), []).append(cells)
    for (on, track), rows in tables.items():
        header = ["trained on", "network", "labels (%)", "runs", *TITLES, "AUPRC of their mean"]
        print_table(f"{on}, {TRACKS[track]}", header, rows)


def save_best(records: dict[Job, Record], runs: Path, folder: Path | None) -> Job | None:
    """Copy the task on the pre-trained network that is best on the validation chains; which it is.

    The mode is chosen by the mean over its runs, and of these the run. Data are not chosen so:
    chains to validate with differ; training on PPBS before was by cross-validation.
    """
    data = "both" if any(job.data == "both" for job in records) else "graphppis"
    found: dict[str, dict[Job, float]] = {}
    for job, record in records.items():
        if job == Job(job.mode, job.seed, data) and job.mode != "scratch":
            found.setdefault(job.mode, {})[job] = record["validation"]["auprc"]
    if not found:
        return None
    runs_of = max(found.values(), key=lambda scores: float(np.mean(list(scores.values()))))
    best = max(runs_of, key=lambda job: runs_of[job])
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("model.safetensors", "config.json", HEAD, TASK):
            shutil.copyfile(runs / best.name / name, folder / name)
    return best


def zoo_results(best: Job, summaries: dict[Group, Record], runs: Path) -> Record:
    """What the record of the weights says of them."""
    digest = hashlib.sha256((runs / best.name / "model.safetensors").read_bytes()).hexdigest()
    measured = dict(summaries[best.data, best.track, best.share, best.mode])
    measured.pop("together", None)
    before = ", labels of PPBS too" if best.data == "both" else ""
    row = {"on": ON[best.data], "track": TRACKS[best.track] + before, "measures": measured}
    return {"weights_sha256": digest, "rows": [row]}


def draw(best: Job, records: dict[Job, Record], runs: Path, root: Path, output: Path) -> None:
    """Draw the learning curve and the errors of the best task."""
    curve: dict[str, dict[float, list[float]]] = {}
    for job, record in records.items():
        if (job.data, job.track) == ("graphppis", "structure") and job.mode != "frozen":
            runs_of = curve.setdefault(MODES[job.mode], {}).setdefault(job.share, [])
            runs_of.append(record["test"]["auprc"])
    guess = records[best]["test"]["positives"]
    draw_curve(curve, guess, output.with_name("sites_curve.png"))
    tested = load_graphppis(root)["test"]
    with np.load(runs / best.name / PREDICTED) as known:
        probability = np.split(known["probability"], tested.pack.starts[1:-1])
    types = np.split(tested.pack.residue_type, tested.pack.starts[1:-1])
    draw_errors(probability, tested.each("site"), types, output.with_name("sites_errors.png"))


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = make_parser(__doc__ or "")
    parser.add_argument("--runs", type=Path, required=True, help="folder of trainings")
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="(default: 3)")
    parser.add_argument(
        "--parts", nargs="+", choices=PARTS, default=list(PARTS), help="(default: all)"
    )
    parser.add_argument("--gather", action="store_true", help="run no training, take what is there")
    parser.add_argument("--settings", type=Path, default=SETTINGS, help="(default: sites.yaml)")
    parser.add_argument("--save", type=Path, metavar="FOLDER", help="for the best task")
    arguments = parser.parse_args(argv)
    if arguments.data_root is None or len(arguments.weights) != 1:
        parser.error(
            "labelled chains are in the full corpus: name it by --data-root, and one network by "
            "--weights"
        )
    return arguments


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    arguments = parse(argv)
    run = Run(__file__, arguments, argv)
    settings = read_settings(arguments.settings)
    (network,) = load_networks(arguments.weights)
    records: dict[Job, Record] = {}
    for job in make_jobs(arguments.parts, arguments.seeds):
        if arguments.gather and not (arguments.runs / job.name / RESULT).exists():
            continue
        with run.timed("training"):
            records[job] = run_job(
                job, arguments.weights[0], arguments.data_root, settings, arguments.runs
            )
        told = records[job]["test"]["auprc"], records[job]["validation"]["auprc"]
        seconds = records[job]["seconds"]
        print(
            f"{job.name}: {seconds:.0f} s, AUPRC {told[0]:.3f}, validation {told[1]:.3f}",
            flush=True,
        )
    summaries = {
        key: summarise([records[job]["test"] for job in jobs])
        for key, jobs in group(records).items()
    }
    for key, jobs in group(records).items():
        if ON[key[0]] == ON["graphppis"] and len(jobs) > 1:
            alike = together(jobs, arguments.runs, arguments.data_root)
            summaries[key]["together"] = {"auprc": alike, "runs": len(jobs)}
    show(summaries)
    best = save_best(records, arguments.runs, arguments.save)
    results: Record = {}
    if best is not None:
        draw(best, records, arguments.runs, arguments.data_root, run.output)
        results["zoo_results"] = zoo_results(best, summaries, arguments.runs)
    methods = [
        {
            "trained_on": data,
            "on": ON[data],
            "track": TRACKS[track],
            "share": share,
            "mode": mode,
            **measured,
        }
        for (data, track, share, mode), measured in summaries.items()
    ]
    run.write(
        networks={network.name: network.describe()},
        methods=methods,
        chosen=best and best.name,
        runs={job.name: record for job, record in records.items()},
        **results,
    )


if __name__ == "__main__":
    main()
