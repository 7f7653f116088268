"""Runs that are killed with signal 9 at random moments, and end as if they had not been."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time

import pytest
from helpers.outcomes import DONE, OUTPUTS, contents, is_kept, is_whole, partials

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="takes processes that are forked")


@pytest.fixture
def endure(make, tmp_path):
    """Function that kills runs of a command at so many moments, and compares what they leave."""

    def start(name: str, kills: int, seed: int, *more: str) -> None:
        whole = tmp_path / "whole" / OUTPUTS[name]
        whole.parent.mkdir()
        first = make(name, whole, *more)
        began = time.monotonic()
        assert first.run() == DONE[name], first.said
        span = time.monotonic() - began
        expected = contents(whole)
        chance = random.Random(seed)
        killed = going_on = 0
        output = tmp_path / "parts" / OUTPUTS[name]
        while killed < kills:
            shutil.rmtree(output.parent, ignore_errors=True)
            output.parent.mkdir()
            # At one moment of each stretch of the run, and half of the time at another one more.
            moments = [(killed + chance.random()) / kills, *[chance.random()] * chance.randrange(2)]
            resume: list[str] = []
            for moment in moments:
                began = time.monotonic()
                if make(name, output, *more, *resume).stop(moment * span) == -signal.SIGKILL:
                    killed += 1
                    going_on += is_kept(output)
                    assert is_whole(name, output)
                elif not resume:  # quicker than the first
                    span = min(span, time.monotonic() - began)
                resume = ["--resume"]
            last = make(name, output, *more, "--resume")
            assert last.run() == DONE[name], last.said
            assert contents(output) == expected
            assert not partials(output)
            if name == "embed":
                assert list(output.parent.iterdir()) == [output]
        print(
            f"{' '.join([name, *more])}: {span:.1f} s undisturbed, killed {killed} times, "
            f"{going_on} of them with something kept to go on from; all ended alike"
        )

    return start


@pytest.mark.parametrize("name", OUTPUTS)
def test_killed_and_resumed_equals_undisturbed(endure, name):
    endure(name, 1, seed=5)


@pytest.mark.slow
@pytest.mark.parametrize("name", OUTPUTS)
def test_killed_at_many_moments_and_resumed_equals_undisturbed(endure, name):
    endure(name, 24, seed=2)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["data build", "embed"])
def test_killed_with_its_workers_and_resumed_equals_undisturbed(endure, name):
    endure(name, 5, 3, "--jobs=2")
