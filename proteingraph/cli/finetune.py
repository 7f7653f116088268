"""`proteingraph finetune`: train a network on a table of one's own labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from proteingraph.cli import options
from proteingraph.cli.checks import check_folder
from proteingraph.cli.progress import Report, progress_bar
from proteingraph.cli.stopped import resumable

if TYPE_CHECKING:
    import lightning as L
    from lightning.pytorch.callbacks import Callback

    from proteingraph.tasks.finetune import Mismatch

__all__ = ["finetune"]

SHOWN = 10
TITLES = {
    "auprc": "AUPRC",
    "auroc": "AUROC",
    "mcc": "MCC",
    "f1": "F1",
    "positives": "share of positives",
    "accuracy": "accuracy",
    "macro_f1": "macro-averaged F1",
    "pearson": "Pearson",
    "spearman": "Spearman",
    "mae": "mean absolute error",
    "ece_before": "calibration error, before",
    "ece": "calibration error",
}


def finetune(
    task: Annotated[
        Path, typer.Argument(help="YAML file of settings: table, model, columns, target, ...")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for the trained task and its figures.")
    ],
    set_: options.Settings = None,
    resume: options.Resume = False,
    threads: options.Threads = None,
    progress: options.Progress = True,
    show_config: options.ShowConfig = False,
) -> None:
    """Train a network on labels of residues or proteins in a table of one's own.

    Rows whose file, chain or residue cannot be found, or that contradict each other or the
    structure, are left out, and listed with their reasons in mismatches.parquet in the output
    folder. Paths in the settings are relative to the folder of the YAML file.
    """
    import torch
    import yaml
    from rich.console import Console

    from proteingraph.pretrain.config import load_settings
    from proteingraph.tasks.finetune import FinetuneConfig

    settings = load_settings(FinetuneConfig, task, list(set_ or []))
    if show_config:
        typer.echo(yaml.safe_dump(settings.to_dict(), sort_keys=False), nl=False)
        return
    from proteingraph.tasks.finetune.run import MISMATCHES, check_output
    from proteingraph.tasks.finetune.run import finetune as run

    check_folder(output)
    check_output(output, resume)
    if threads is not None:
        torch.set_num_threads(threads)
    console = Console(stderr=True, soft_wrap=True)

    with resumable(console), ExitStack() as bars:  # one at a time: terminals have room for no more

        def told(mismatches: Sequence[Mismatch]) -> None:
            bars.close()
            _show_mismatches(console, mismatches, output / MISMATCHES)

        def start_training() -> Report | None:
            return bars.enter_context(progress_bar(console, "training", progress))

        reading = bars.enter_context(progress_bar(console, "reading", progress))
        result = run(
            settings,
            output,
            task.parent,
            resume=resume,
            callbacks=[_step_progress(start_training)],
            told=told,
            reading=reading,
        )
    _show_metrics(result.metrics, f"{settings.target.name}, {result.metrics['steps']} steps")


def _step_progress(start: Callable[[], Report | None]) -> Callback:
    """A callback that starts a bar, and tells it of the steps of training."""
    from lightning.pytorch.callbacks import LambdaCallback

    report: Report | None = None

    def begin(*_: Any) -> None:
        nonlocal report
        report = start()

    def told(trainer: L.Trainer, *_: Any) -> None:
        if report is not None:
            report(trainer.global_step, trainer.max_steps)

    return LambdaCallback(on_train_start=begin, on_train_batch_end=told)


def _show_mismatches(console: Any, mismatches: Sequence[Mismatch], table: Path) -> None:
    for mismatch in mismatches[:SHOWN]:
        console.print("[bold red]left out:[/]", end=" ")
        place = f"row {mismatch.row}"
        if mismatch.rows > 1:
            place += f" and {mismatch.rows - 1:,} more"
        what = " ".join(text for text in (mismatch.file, mismatch.chain, mismatch.residue) if text)
        console.print(f"{place} ({what}): {mismatch.reason}", markup=False, highlight=False)
    if mismatches:
        rows = sum(mismatch.rows for mismatch in mismatches)
        counted = f"{rows:,} {'row' if rows == 1 else 'rows'}"
        console.print(f"{counted} in all: see {table}", markup=False, highlight=False)


def _show_metrics(metrics: dict[str, Any], title: str) -> None:
    from rich.console import Console
    from rich.table import Table

    parts = [name for name in ("validation", "test") if name in metrics]
    table = Table(title=title)
    table.add_column("measure")
    for name in parts:
        table.add_column(f"{name} ({metrics['chains'][name]:,} chains)", justify="right")
    for key, shown in TITLES.items():
        if key in metrics[parts[0]]:
            table.add_row(shown, *(f"{metrics[name][key]:.3f}" for name in parts))
    Console().print(table)
