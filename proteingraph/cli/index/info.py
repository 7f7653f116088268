"""`proteingraph index info`: what is in an index."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from proteingraph.cli.failures import show_reasons
from proteingraph.cli.listing import print_head

__all__ = ["info"]

SHOWN = 10
SOURCES = 5


def info(
    index: Annotated[Path, typer.Argument(help="Folder of an index.")],
    verify: Annotated[
        bool, typer.Option("--verify", help="Read all files and compare their checksums.")
    ] = False,
) -> None:
    """Show counts, model, labels and sources of an index, and why files were left out."""
    from rich.console import Console

    from proteingraph.search import Index

    opened = Index.open(index)
    record = opened.record
    console = Console(soft_wrap=True)
    size = sum(length for length, _ in record.files.values())
    lines = (
        ("entries", f"{record.entries:,}, {'complexes' if record.complexes else 'chains'}"),
        ("residues", f"{record.residues:,}"),
        ("model", f"{record.model} ({record.fingerprint[:12]})"),
        ("vectors", f"{record.columns} columns, float16, compared by {record.metric}"),
        ("search", "all entries compared" if opened.exact else "likely entries compared (HNSW)"),
        ("labels", ", ".join(record.labels) or "none"),
        ("sources", _listed(record.sources)),
        ("failures", f"{record.failures:,}"),
        ("size", f"{size / 2**20:,.1f} MiB"),
    )
    print_head(console, lines)
    show_reasons(console, "left out", opened.failures.head(SHOWN)["reason"])
    if verify:
        damage = opened.find_damage()
        show_reasons(console, "damaged", (str(index / what) for what in damage))
        if damage:
            raise typer.Exit(1)
        console.print("all files are as they were written")


def _listed(sources: Sequence[str]) -> str:
    """The first sources: there may be thousands of files."""
    more = len(sources) - SOURCES
    return ", ".join(sources[:SOURCES]) + (f" and {more:,} more" if more > 0 else "")
