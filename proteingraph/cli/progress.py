"""A bar that shows how far a long command is, how quick, and when it will be done."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Report", "progress_bar"]


class Report(Protocol):
    """What a bar is told."""

    def __call__(self, done: int, total: int, counted: int | None = None, /) -> None:
        """Take the numbers of pieces done and to do, and that of what is counted for the rate."""
        ...


@contextmanager
def progress_bar(console: Console, doing: str, wanted: bool) -> Iterator[Report | None]:
    """Show a bar.

    Args:
        console: Where to show it.
        doing: What is being done.
        wanted: Whether to show anything.

    Yields:
        What is to be told how far it is; pieces are counted for the rate unless something else is.
        None if nothing is to be shown.
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
    bar = Progress(*columns, console=console)
    task = bar.add_task("", total=None, rate="")
    start, before = 0.0, 0

    def report(done: int, total: int, counted: int | None = None, /) -> None:
        nonlocal start, before
        counted = done if counted is None else counted
        if not start:  # what an earlier run did counts for the bar, but not for the rate
            start, before = time.monotonic(), counted
            bar.reset(task, completed=done, total=total, rate="")
            bar.start()
            return
        rate = (counted - before) / max(time.monotonic() - start, 1e-9)
        bar.update(task, completed=done, total=total, rate=f"{rate:,.0f}/s")

    if console.is_interactive:  # elsewhere a bar is a line that is written in the end
        bar.start()
    try:
        yield report
    except BaseException:
        bar.live.transient = not start  # of work that never began, nothing stays but why
        raise
    finally:
        if bar.live.is_started:
            bar.stop()
