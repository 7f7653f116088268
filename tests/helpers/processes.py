"""Processes that commands start, found in /proc, and what commands do in the meantime."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path


def workers(process: int) -> list[int]:
    """Return the processes that one has started to share its work."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((place / "stat").read_text().rpartition(")")[2].split()[1])
            command = (place / "cmdline").read_text()
        except (OSError, IndexError):  # it has ended
            continue
        if parent == process and "resource_tracker" not in command:
            found.append(int(place.name))
    return sorted(found)


def wait_until(condition: Callable[[], bool], seconds: float = 120) -> None:
    """Wait until something is so, at most so long."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.002)
