"""Timing things alternately."""

from __future__ import annotations

import pytest

from benchmarks.speed.alternate import Timing, alternate, exponent


def test_all_are_run_once_a_round_and_each_comes_first_in_turn():
    order: list[str] = []
    work = {name: lambda name=name: order.append(name) for name in "abc"}
    timings = alternate(work, repeats=3, at_least=0.0)
    assert "".join(order) == "abc" + "abc" + "bca" + "cab"  # untimed, then the rounds
    assert list(timings) == ["a", "b", "c"]
    assert all(len(timing.seconds) == 3 for timing in timings.values())


def test_what_is_quick_is_run_several_times():
    calls: list[int] = []
    timing = alternate({"quick": lambda: calls.append(1)}, repeats=2, at_least=1e-3)["quick"]
    assert len(calls) > 20
    assert timing.median < 1e-3


def test_ratios_are_taken_within_rounds():
    quick = Timing((1.0, 10.0, 2.0), (1.0, 10.0, 2.0))
    slow = Timing((2.0, 20.0, 4.0), (3.0, 30.0, 6.0))
    assert slow.times(quick) == 3 and slow.times(quick, clock=True) == 2
    assert slow.processor == 6 and slow.median == 4 and slow.quartiles == (4.5, 18.0)
    assert slow.record() == {
        "seconds": 4.0,
        "processor_seconds": 6.0,
        "first_quartile": 4.5,
        "third_quartile": 18.0,
        "rounds": 3,
    }


def test_the_exponent_of_a_power_law_is_found():
    assert exponent([10, 100, 1000], [2e-3, 2e-2 * 10**0.5, 2.0]) == pytest.approx(1.5)
