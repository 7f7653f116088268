"""Files that a command left out: the first are shown, all are in a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from proteingraph.datasets import Failure

__all__ = ["show_failures", "show_reasons", "write_failures"]

SHOWN = 10


def show_failures(console: Console, reasons: Sequence[str], table: Path) -> None:
    """Print the first reasons, and how many there are in all, and where.

    Args:
        console: Where to print.
        reasons: Why each file or chain was left out; may be empty.
        table: Table that lists them all.
    """
    show_reasons(console, "left out", reasons[:SHOWN])
    if reasons:
        console.print(f"{len(reasons):,} in all: see {table}", markup=False, highlight=False)


def show_reasons(console: Console, what: str, reasons: Iterable[str]) -> None:
    """Print why each file or chain was left out.

    Args:
        console: Where to print.
        what: What was not done to it, such as ``"left out"``.
        reasons: Why; may be empty.
    """
    for reason in reasons:
        console.print(f"[bold red]{what}:[/]", end=" ")
        console.print(reason, markup=False, highlight=False)


def write_failures(failures: Sequence[Failure], table: Path) -> None:
    """Write a parquet table like that of a store: file, chain (empty: all of it), reason.

    Args:
        failures: What was left out.
        table: File to write; its folder is made if need be.

    Raises:
        ConfigError: If it cannot be written.
    """
    import pandas as pd

    from proteingraph.errors import ConfigError
    from proteingraph.files import replacing

    rows = [(str(failure.path), failure.chain, failure.reason) for failure in failures]
    # File names are bytes, which need not be Unicode.
    texts = [[text.encode("utf-8", "replace").decode() for text in row] for row in rows]
    try:
        table.parent.mkdir(parents=True, exist_ok=True)
        with replacing(table) as partial:
            pd.DataFrame(texts, columns=["file", "chain", "reason"]).to_parquet(partial)
    except OSError as error:
        raise ConfigError(f"{table}: cannot be written: {error.strerror or error}") from error
