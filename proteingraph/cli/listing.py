"""What commands print of many results: for people, and as JSON or CSV for programs."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from proteingraph.errors import ConfigError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = [
    "check_one_format",
    "print_csv",
    "print_head",
    "print_json",
    "text_table",
    "wide_console",
]

WIDTH = 200


def check_one_format(as_json: bool, as_csv: bool) -> None:
    """Raise ConfigError if both are asked for."""
    if as_json and as_csv:
        raise ConfigError("--json or --csv: one of them")


def print_json(value: Mapping[str, Any]) -> None:
    """Print a record as JSON."""
    json.dump(value, sys.stdout, indent=1)
    print()


def print_csv(names: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Print rows as CSV, under the names of their columns."""
    writer = csv.DictWriter(sys.stdout, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def wide_console() -> Console:
    """Return where tables go: what is no terminal has no width, and nothing is cut off there."""
    from rich.console import Console

    return Console(soft_wrap=True, width=None if sys.stdout.isatty() else WIDTH)


def print_head(console: Console, lines: Iterable[tuple[str, str]]) -> None:
    """Print what was done: names and values."""
    for name, value in lines:
        console.print(f"{name:<10}{value}", markup=False, highlight=False)


def text_table(columns: Mapping[str, bool]) -> Table:
    """Return an empty table, whose columns hold texts (which may be wrapped) or numbers.

    Args:
        columns: Of each column by name, whether it holds texts.
    """
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name, text in columns.items():
        table.add_column(Text(name), justify="left" if text else "right", no_wrap=not text)
    return table
