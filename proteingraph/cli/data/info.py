"""`proteingraph data info`: what is in a store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

    from proteingraph.datasets.store import ChainStore

__all__ = ["info"]

EDGES = (0, 50, 100, 150, 200, 300, 400, 600, 1000, 2000)
WIDTH = 40
SHOWN = 10


def info(store: Annotated[Path, typer.Argument(help="Folder of a store.")]) -> None:
    """Show counts, checksum, lengths and labels of a store, and why files were left out."""
    from rich.console import Console

    from proteingraph.datasets.store import ChainStore

    opened = ChainStore(store)
    console = Console(soft_wrap=True)
    atoms = "N, CA, C, O" if opened.has_backbone else "CA"
    for name, value in (
        ("entries", f"{len(opened):,}"),
        ("residues", f"{opened.num_residues:,}"),
        ("atoms", atoms),
        ("failures", f"{len(opened.failures):,}"),
        ("checksum", opened.checksum),
    ):
        console.print(f"{name:<10}{value}", markup=False, highlight=False)
    if len(opened):
        console.print(_lengths(opened))
    if opened.labels:
        console.print(_labels(opened))
    if len(opened.failures):
        console.print(_failures(opened.failures))


def _lengths(store: ChainStore) -> Table:
    import numpy as np
    from rich.table import Table

    lengths = store.lengths
    middle = float(np.median(lengths))
    table = Table(title=f"lengths: {lengths.min()} to {lengths.max()}, median {middle:g}")
    table.add_column("residues", justify="right")
    table.add_column("entries", justify="right")
    table.add_column("")
    counts = np.bincount(np.digitize(lengths, EDGES), minlength=len(EDGES) + 1)[1:].tolist()
    for first, stop, count in zip(EDGES, (*EDGES[1:], None), counts, strict=True):
        span = f"{first}-{stop - 1}" if stop is not None else f"{first} or more"
        table.add_row(span, f"{count:,}", "█" * round(WIDTH * count / max(counts)))
    return table


def _labels(store: ChainStore) -> Table:
    import numpy as np
    from rich.table import Table

    table = Table(title="labels")
    table.add_column("label")
    for name in ("entries with it", "different values"):
        table.add_column(name, justify="right")
    for name, values in store.labels.items():
        given = values[values != ""]
        share = len(given) / max(1, len(store))
        table.add_row(name, f"{len(given):,} ({share:.1%})", f"{len(np.unique(given)):,}")
    return table


def _failures(failures: pd.DataFrame) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(title=f"left out: {min(SHOWN, len(failures))} of {len(failures):,}")
    for name in ("file", "chain", "reason"):
        table.add_column(name)
    for row in failures.head(SHOWN).itertuples(index=False):
        table.add_row(*(Text(str(value)) for value in row))
    return table
