"""Items that are calls of what workers can import: for tests of what shares out work."""

from __future__ import annotations

import signal
from functools import partial
from operator import methodcaller

call = methodcaller("__call__")


def die() -> partial[None]:
    return partial(signal.raise_signal, signal.SIGKILL)


def told(item: partial[object]) -> str:
    return f"lost: {item.func.__name__}"


def chunked(items: list, size: int) -> list[list]:
    return [items[first : first + size] for first in range(0, len(items), size)]
