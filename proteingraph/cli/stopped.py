"""What to say to who stops a command that can go on later."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from proteingraph.errors import TERMINATED

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["resumable"]

BEGINNINGS = ("--resume", "--append")
"""Options that a command line that goes on has instead, or not at all."""


@contextmanager
def resumable(console: Console) -> Iterator[None]:
    """Say how to go on when a command is interrupted, or asked to end.

    Args:
        console: Where to say it.
    """
    try:
        yield
    except (KeyboardInterrupt, SystemExit) as stop:
        if isinstance(stop, SystemExit) and stop.code != TERMINATED:
            raise
        words = [word for word in sys.argv[1:] if word not in BEGINNINGS]
        command = shlex.join(["proteingraph", *words, "--resume"])
        console.print(f"to go on: {command}", markup=False, highlight=False)
        raise
