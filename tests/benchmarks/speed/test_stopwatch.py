"""Timing parts of a run."""

from __future__ import annotations

import pytest

from benchmarks.speed.stopwatch import Stopwatch


class Clock:
    """Goes as far as it is told to."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


class Worker:
    """Things of which each takes a second, or two."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def one(self) -> str:
        self.clock.now += 1
        return "done"

    def two(self) -> None:
        self.clock.now += 1
        self.one()

    def __iter__(self):
        for number in range(3):
            self.clock.now += 5
            yield number


@pytest.fixture
def clock():
    return Clock()


def test_a_part_within_another_is_counted_once(clock):
    watch, worker = Stopwatch(clock), Worker(clock)
    worker.one()  # not watched
    with watch.calls(Worker, "one", "inner"), watch.calls(Worker, "two", "outer"):
        worker.two()
        clock.now += 7  # between parts
        assert worker.one() == "done"
    worker.two()
    assert watch.seconds == {"outer": 1, "inner": 2}


def test_what_fails_is_counted_and_put_back(clock):
    watch, original = Stopwatch(clock), Worker.one
    with pytest.raises(TypeError), watch.calls(Worker, "one", "inner"):
        Worker(None).clock = Worker(clock).one(1)
    with pytest.raises(ValueError), watch.part("own"):
        clock.now += 3
        raise ValueError
    assert watch.seconds == {"inner": 0, "own": 3} and Worker.one is original


def test_waiting_for_items_is_counted_but_not_work_on_them(clock):
    watch, worker = Stopwatch(clock), Worker(clock)
    original = Worker.__iter__
    with watch.iterations(Worker, "waiting"):
        for number in worker:
            clock.now += 2
            if number == 1:
                break
    assert watch.seconds == {"waiting": 10} and Worker.__iter__ is original
    assert list(watch.each("ab", "again")) == ["a", "b"] and watch.seconds["again"] == 0
