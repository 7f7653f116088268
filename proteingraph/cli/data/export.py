"""`proteingraph data export`: entries of a store back as structure files."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from proteingraph.cli.checks import check_folder

if TYPE_CHECKING:
    from proteingraph.datasets.protocol import Corpus

__all__ = ["export"]

SHOWN = 10


class Format(str, Enum):
    """Formats that are written."""

    pdb = "pdb"
    cif = "cif"


def export(
    corpus: Annotated[
        str, typer.Argument(help="Store, or anything else that pretrain takes as a corpus.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write to.")],
    names: Annotated[
        list[str] | None,
        typer.Option("--name", "-n", help="An entry to write; may repeat (default: all)."),
    ] = None,
    split: Annotated[
        str | None, typer.Option(help="Write the entries whose label `split` says this.")
    ] = None,
    format: Annotated[Format, typer.Option(help="PDB or mmCIF.")] = Format.pdb,
    progress: Annotated[bool, typer.Option(help="Show a progress bar.")] = True,
) -> None:
    """Write entries as PDB or mmCIF files named after them, of backbone atoms or CA alone.

    What does not fit a PDB file (chain names of two letters, say) is listed with its reason, and
    the exit code is 1; all else is written.
    """
    from rich.console import Console
    from rich.progress import track

    from proteingraph.datasets import load_corpus
    from proteingraph.datasets.store import export_entries

    check_folder(output)
    opened = load_corpus(corpus)
    entries = _chosen(corpus, opened, names, split)
    console = Console(stderr=True, soft_wrap=True)
    results = export_entries(opened, entries, output, format.value)
    shown = track(results, "exporting", len(entries), console=console, disable=not progress)
    failures = [failure for failure in shown if failure is not None]
    done = f"{len(entries) - len(failures):,} of {len(entries):,} entries written to {output}"
    console.print(done, markup=False, highlight=False)
    for failure in failures[:SHOWN]:
        console.print("[bold red]not written:[/]", end=" ")
        console.print(failure.reason, markup=False, highlight=False)
    if len(failures) > SHOWN:
        console.print(f"and {len(failures) - SHOWN:,} more", highlight=False)
    if failures:
        raise typer.Exit(1)


def _chosen(corpus: str, opened: Corpus, names: list[str] | None, split: str | None) -> list[int]:
    """Numbers of the entries asked for."""
    import numpy as np

    from proteingraph.errors import DatasetError

    chosen = np.ones(len(opened), bool)
    if split is not None:
        if "split" not in opened.labels:
            raise DatasetError(f"{corpus}: its entries have no label `split`; leave --split out")
        chosen &= opened.labels["split"] == split
        if not chosen.any():
            known = ", ".join(np.unique(opened.labels["split"]).tolist())
            raise DatasetError(f"{corpus}: no entry is of split {split!r}, only of {known}")
    if names is not None:
        absent = sorted(set(names) - set(opened.names[chosen].tolist()))
        if absent:
            raise DatasetError(f"{corpus}: no entry {absent[0]!r} among {int(chosen.sum()):,}")
        chosen &= np.isin(opened.names, names)
    return [int(number) for number in np.flatnonzero(chosen)]
