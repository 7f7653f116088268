"""`proteingraph pretrain`: train a network on a corpus of structures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from proteingraph.cli import options
from proteingraph.cli.checks import check_folder
from proteingraph.cli.failures import show_failures, write_failures
from proteingraph.cli.stopped import resumable

__all__ = ["pretrain"]

FAILURES = "failures.parquet"


def pretrain(
    corpus: Annotated[
        str,
        typer.Argument(
            help="Store, folder or pattern of structure files, packed .npz, or cath-scop-mini."
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for weights, log and checkpoints.")
    ],
    config: Annotated[
        Path | None, typer.Option(help="YAML file of settings (see --show-config).")
    ] = None,
    set_: options.Settings = None,
    minutes: Annotated[
        float | None, typer.Option(help="Train for this long instead of a number of steps.")
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Train for this many steps.")] = None,
    split: Annotated[
        Path | None, typer.Option(help="Table of chains with a column that says train/validation.")
    ] = None,
    split_column: Annotated[str, typer.Option(help="Column of that table.")] = "split",
    validation: Annotated[
        float, typer.Option(help="Share of chains held out where no split is given.", min=0, max=1)
    ] = 0.05,
    init: Annotated[
        Path | None, typer.Option(help="Folder of saved weights to continue from, as a new run.")
    ] = None,
    resume: options.Resume = False,
    threads: options.Threads = None,
    progress: options.Progress = True,
    show_config: options.ShowConfig = False,
) -> None:
    """Pre-train a network on structures by estimating the gradient back to the native structure.

    Files of a folder that cannot be read are left out, and listed with their reasons in
    failures.parquet in the output folder.
    """
    import torch
    import yaml
    from rich.console import Console

    from proteingraph.cli.tables import error_table
    from proteingraph.datasets import Failure
    from proteingraph.pretrain import load_config
    from proteingraph.pretrain.checkpoints import LAST
    from proteingraph.pretrain.distributed import is_first_process
    from proteingraph.pretrain.run import pretrain as run
    from proteingraph.pretrain.split import load_split_corpus
    from proteingraph.pretrain.start import check_vacant

    overrides = list(set_ or [])
    if minutes is not None:
        overrides += [f"minutes={minutes}", f"steps={'null' if steps is None else steps}"]
    elif steps is not None:
        overrides.append(f"steps={steps}")
    settings = load_config(config, overrides)
    if show_config:
        typer.echo(yaml.safe_dump(settings.to_dict(), sort_keys=False), nl=False)
        return
    check_folder(output)
    check_vacant(output, output / "checkpoints" / LAST, resume)
    if threads is not None:
        torch.set_num_threads(threads)
    failures: list[Failure] = []
    train, held_out = load_split_corpus(
        corpus, split, split_column, validation, settings.seed, failures
    )
    tells = is_first_process(settings.hardware)
    if failures and tells:
        write_failures(failures, output / FAILURES)
        reasons = [failure.reason for failure in failures]
        show_failures(Console(stderr=True, soft_wrap=True), reasons, output / FAILURES)
    if tells:
        typer.echo(
            f"training on {len(train)} chains, {len(held_out)} held out, into {output}", err=True
        )
    with resumable(Console(stderr=True, soft_wrap=True)):
        module = run(train, held_out, output, settings, init=init, resume=resume, progress=progress)
    if tells:
        error_table(module, f"{output}: {module.global_step} steps, {module.residues:,} residues")
