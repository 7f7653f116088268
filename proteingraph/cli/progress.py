"""A bar that shows how far a long command is, how quick, and when it will be done."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["progress_bar"]


@contextmanager
def progress_bar(
    console: Console, doing: str, wanted: bool
) -> Iterator[Callable[[int, int, int], None] | None]:
    """Show a bar.

    Args:
        console: Where to show it.
        doing: What is being done.
        wanted: Whether to show anything.

    Yields:
        What is to be told the numbers of pieces done and to do, and that of what is counted for
        the rate; None if nothing is to be shown.
    """
    if not wanted:
        yield None
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn(doing),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=None, rate="")
        start, before = 0.0, 0

        def report(done: int, total: int, counted: int) -> None:
            nonlocal start, before
            if not start:  # what an earlier run did counts for the bar, but not for the rate
                start, before = time.monotonic(), counted
                bar.reset(task, completed=done, total=total, rate="")
                return
            rate = (counted - before) / max(time.monotonic() - start, 1e-9)
            bar.update(task, completed=done, total=total, rate=f"{rate:,.0f}/s")

        yield report
