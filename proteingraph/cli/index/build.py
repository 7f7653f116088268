"""`proteingraph index build`: an index from structure files, archives, stores and corpora."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from proteingraph.cli import options
from proteingraph.cli.checks import check_model
from proteingraph.cli.failures import show_failures
from proteingraph.cli.progress import progress_bar

__all__ = ["build"]


def build(
    sources: options.Sources,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the index.")],
    model: options.Model = "dsm_base",
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", help="Processes that read files.", min=1)
    ] = 1,
    complexes: Annotated[
        bool, typer.Option("--complex", help="Embed the chains of a file together.")
    ] = False,
    labels: options.Labels = None,
    mirror: options.Mirror = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an index that is there.")
    ] = False,
    progress: options.Progress = True,
) -> None:
    """Embed structures into an index to be searched.

    An entry is a chain, or with --complex a file. What cannot be read is listed with its reason in
    failures.parquet in the index, and the exit code is 1; all else is indexed. The index appears
    when it is done, and can be moved: it holds the network and CA traces too.
    """
    from rich.console import Console

    from proteingraph.search import Index
    from proteingraph.search.nearest import EXACT_UP_TO

    check_model(model)
    console = Console(stderr=True, soft_wrap=True)
    with progress_bar(console, "indexing", progress) as report:
        index = Index.build(
            sources,
            output,
            model,
            complexes=complexes,
            labels=labels,
            mirror=mirror,
            jobs=jobs,
            overwrite=overwrite,
            report=report,
        )
    record = index.record
    console.print(
        f"{len(index):,} entries, {record.residues:,} residues, embedded by {record.model}: "
        f"{output}",
        markup=False,
        highlight=False,
    )
    if index.exact and len(index) > EXACT_UP_TO:
        console.print("note: quicker to search if built with usearch: pip install usearch")
    reasons = index.failures["reason"].tolist()
    show_failures(console, reasons, output / "failures.parquet")
    if reasons:
        raise typer.Exit(1)
