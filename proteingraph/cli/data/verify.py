"""`proteingraph data verify`: whether a store is as it was written."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["verify"]


def verify(store: Annotated[Path, typer.Argument(help="Folder of a store.")]) -> None:
    """Read all files of a store, compare their checksums, and check that they fit together.

    The exit code is 1 if one is damaged; it is named with what is wrong.
    """
    from rich.console import Console

    from proteingraph.datasets.store import ChainStore, verify_store

    damage = verify_store(store)
    console = Console(soft_wrap=True)
    for what in damage:
        console.print("[bold red]damaged:[/]", end=" ")
        console.print(f"{store / what}", markup=False, highlight=False)
    if damage:
        raise typer.Exit(1)
    console.print(f"{store}: all is well, {len(ChainStore(store)):,} entries", markup=False)
