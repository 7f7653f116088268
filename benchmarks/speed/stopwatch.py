"""Where the time of a run goes: functions are timed while the package runs as users run it."""

from __future__ import annotations

import functools
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import torch

from benchmarks.speed.roofline import wait

__all__ = ["Stopwatch"]


class Stopwatch:
    """Seconds spent in parts of a run; a part within another is not counted with the outer one.

    Args:
        clock: What tells seconds. (default: :obj:`time.perf_counter`)
        device: A GPU is waited for where a part begins or ends. (default: the CPU)

    Attributes:
        seconds: Of each part that has come up, by name.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.perf_counter,
        device: torch.device = torch.device("cpu"),  # noqa: B008
    ) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._clock, self._device = clock, device
        self._running: list[str] = []
        self._last = 0.0

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count the time inside."""
        self._turn()
        self._running.append(name)
        try:
            yield
        finally:
            self._turn()
            self._running.pop()

    def each(self, items: Iterable[Any], name: str) -> Iterator[Any]:
        """Give items, and count the time that is waited for them."""
        rest = iter(items)
        while True:
            with self.part(name):
                try:
                    item = next(rest)
                except StopIteration:
                    return
            yield item

    @contextmanager
    def calls(self, owner: Any, function: str, name: str) -> Iterator[None]:
        """Count all calls of a function of a module, or of a method of a class."""
        original = getattr(owner, function)

        @functools.wraps(original)
        def timed(*arguments: Any, **named: Any) -> Any:
            with self.part(name):
                return original(*arguments, **named)

        with patch.object(owner, function, timed):
            yield

    @contextmanager
    def iterations(self, kind: type, name: str) -> Iterator[None]:
        """Count what is waited for by all who iterate over things of a class."""
        original = kind.__iter__  # type: ignore[attr-defined]
        with patch.object(kind, "__iter__", lambda own: self.each(original(own), name)):
            yield

    def _turn(self) -> None:
        wait(self._device)
        now = self._clock()
        if self._running:
            self.seconds[self._running[-1]] += now - self._last
        self._last = now
