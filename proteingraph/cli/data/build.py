"""`proteingraph data build`: a store from structure files, archives and corpora."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from proteingraph.cli import options
from proteingraph.cli.checks import check_folder
from proteingraph.cli.engines import Address, Engine, EngineName, Workers, open_engine
from proteingraph.cli.failures import show_failures
from proteingraph.cli.progress import progress_bar
from proteingraph.cli.stopped import resumable

__all__ = ["build"]


def build(
    sources: options.Sources,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the store.")],
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="Processes.", min=1)] = 1,
    engine: Engine = EngineName.local,
    workers: Workers = None,
    address: Address = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where a build of the same sources stopped.")
    ] = False,
    append: Annotated[bool, typer.Option("--append", help="Add to a finished store.")] = False,
    complexes: Annotated[
        bool, typer.Option("--complex", help="Keep the chains of a file together in one entry.")
    ] = False,
    labels: options.Labels = None,
    mirror: options.Mirror = None,
    progress: options.Progress = True,
) -> None:
    """Build a store: every chain in flat files on disk, to be read as it is needed.

    An entry is a chain, or with --complex a file. What cannot be read is listed with its reason in
    failures.parquet in the store, and the exit code is 1; all else is written. A build that was
    stopped or killed goes on with --resume, and ends in the same bytes.
    """
    from rich.console import Console

    from proteingraph.datasets.store import build_store

    check_folder(output)
    elsewhere = open_engine(engine, workers, address, jobs)
    console = Console(stderr=True, soft_wrap=True)
    with resumable(console), progress_bar(console, "building", progress) as report:
        store = build_store(
            sources,
            output,
            jobs=jobs,
            engine=elsewhere,
            resume=resume,
            append=append,
            complexes=complexes,
            labels=labels,
            mirror=mirror,
            report=report,
        )
    console.print(
        f"{len(store):,} entries, {store.num_residues:,} residues in {output}",
        markup=False,
        highlight=False,
    )
    reasons = store.failures["reason"].tolist()
    show_failures(console, reasons, output / "failures.parquet")
    if reasons:
        raise typer.Exit(1)
