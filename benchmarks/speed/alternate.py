"""Timing things that are compared: alternately in one process, by the clock and by processor time.

What else a machine does disturbs all of them alike when each is run once a round, and a ratio is
taken within each round before the median over rounds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

import numpy as np

__all__ = ["Timing", "alternate", "exponent"]


@dataclass(frozen=True)
class Timing:
    """Seconds a call of one of the things compared, once a round.

    Attributes:
        seconds: By the clock, in the order of the rounds.
        processor_seconds: Of all threads of this process, which other work disturbs less.
    """

    seconds: tuple[float, ...]
    processor_seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """Median by the clock, in seconds."""
        return median(self.seconds)

    @property
    def processor(self) -> float:
        """Median of processor time, in seconds."""
        return median(self.processor_seconds)

    @property
    def quartiles(self) -> tuple[float, float]:
        """First and third quartile of processor time, in seconds."""
        low, high = np.quantile(self.processor_seconds, [0.25, 0.75]).tolist()
        return low, high

    def times(self, other: Timing, *, clock: bool = False) -> float:
        """How many times as long as another this takes: the median of the rounds' ratios.

        Args:
            other: What to compare with, timed in the same rounds.
            clock: Compare by the clock instead of by processor time. (default: :obj:`False`)
        """
        name = "seconds" if clock else "processor_seconds"
        pairs = zip(getattr(self, name), getattr(other, name), strict=True)
        return median(own / its for own, its in pairs)

    def record(self) -> dict[str, float]:
        """What a record of a run says of it."""
        low, high = self.quartiles
        return {
            "seconds": self.median,
            "processor_seconds": self.processor,
            "first_quartile": low,
            "third_quartile": high,
            "rounds": len(self.seconds),
        }


def alternate(
    work: Mapping[str, Callable[[], object]], repeats: int = 5, *, at_least: float = 0.01
) -> dict[str, Timing]:
    """Time things alternately, after each was run once untimed.

    Args:
        work: What to run, by name; on a GPU it must wait for its end.
        repeats: Number of rounds. (default: :obj:`5`)
        at_least: Seconds that a round takes for each: what is quicker is run several times and its
            time divided. (default: :obj:`0.01`)

    Returns:
        Seconds a call, by name.
    """
    calls = {}
    for name, run in work.items():
        first, _ = _time(run, 1)
        # A first call may set up what later ones find ready, and any may be held up by others.
        again = [_time(run, 1)[0] for _ in range(3)] if first < 10 * at_least else []
        once = min([first, *again])
        calls[name] = max(1, round(at_least / max(once, 1e-7)))
    names = list(work)
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    for turn in range(repeats):
        # Each comes first in turn, so that none always follows the same other.
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            taken[name].append(_time(work[name], calls[name]))
    return {name: Timing(*zip(*rounds, strict=True)) for name, rounds in taken.items()}


def exponent(sizes: list[int], seconds: list[float]) -> float:
    """Power of its size that a thing's time grows with: the slope of a line through logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def _time(run: Callable[[], object], calls: int) -> tuple[float, float]:
    """Seconds a call, by the clock and of this process."""
    start, used = time.perf_counter(), time.process_time()
    for _ in range(calls):
        run()
    used, seconds = time.process_time() - used, time.perf_counter() - start
    return seconds / calls, used / calls
