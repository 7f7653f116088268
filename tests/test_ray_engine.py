"""Work on the workers of a Ray cluster on this machine, some of which are killed."""

from __future__ import annotations

import math
import os
import signal
import time
from functools import partial
from pathlib import Path

import pytest
from helpers.calls import call, chunked, die, told
from helpers.engines import Told, ToldChunks

from proteingraph.ray_engine import ATTEMPTS, RayEngine

ray = pytest.importorskip("ray")
pytestmark = pytest.mark.usefixtures("ray_cluster")


def test_results_come_in_the_order_of_the_items(tmp_path):
    # The first takes longest.
    items = [partial(time.sleep, 0.5), *(partial(math.factorial, n) for n in range(20))]
    engine = Told(RayEngine(2), tmp_path)
    results = list(engine(call, [[], *chunked(items, 3), []], lost=told))
    assert results == [None, *(math.factorial(n) for n in range(20))]
    assert 1 <= len(engine.processes) <= 2 and os.getpid() not in engine.processes


def test_an_error_of_the_work_is_raised_with_its_place():
    with pytest.raises(ValueError, match="invalid literal") as caught:
        list(RayEngine(1)(call, [[partial(int, "x")]], lost=told))
    assert "in through" in str(caught.value.__cause__)


@pytest.mark.slow
def test_an_error_of_the_preparation_is_raised():
    with pytest.raises(FileNotFoundError, match="no/such/folder"):
        list(
            RayEngine(1)(
                call, [[partial(int)]], lost=told, start=os.chdir, arguments=["no/such/folder"]
            )
        )


@pytest.mark.slow
def test_nothing_to_do():
    assert list(RayEngine(2)(call, [], lost=told)) == []
    assert list(RayEngine(2)(call, [[], []], lost=told)) == []


@pytest.mark.slow
def test_what_kills_workers_is_given_up_and_no_more(tmp_path):
    items = [partial(math.factorial, n) for n in range(12)]
    expected = [math.factorial(n) for n in range(12)]
    for place in (0, 4, 5, 11):
        items[place], expected[place] = die(), "lost: raise_signal"
    engine = Told(RayEngine(2), tmp_path)
    assert list(engine(call, chunked(items, 3), lost=told)) == expected
    assert len(engine.processes) >= ATTEMPTS * 3


@pytest.mark.slow
def test_killed_workers_cost_nothing(tmp_path):
    engine = Told(RayEngine(2), tmp_path)
    names = [[partial(time.sleep, 0.1), partial(str, number)] for number in range(60)]
    results = []
    for result in engine(call, names, lost=told):
        results.append(result)
        if len(results) in (10, 50):  # whatever they are at
            for process in engine.processes[-2:]:
                os.kill(process, signal.SIGKILL)
    assert results == [x for number in range(60) for x in (None, str(number))]
    assert len(engine.processes) > 2


@pytest.mark.slow
def test_who_hands_out_is_killed(tmp_path):
    number = 1000  # chunks are asked for as they are needed, so some are still to be handed out
    chunks = ToldChunks([[partial(int, n)] for n in range(number)], tmp_path)
    results = []
    for result in RayEngine(2)(call, chunks, lost=told):
        results.append(result)
        if len(results) == 100:
            (process,) = (int(path.name) for path in tmp_path.iterdir())
            os.kill(process, signal.SIGKILL)
    assert results == list(range(number))
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.slow
def test_a_run_can_be_left_and_another_begun():
    results = RayEngine(2)(call, [[partial(int, n)] for n in range(500)], lost=told)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    results.close()
    assert list(RayEngine(1)(call, [[partial(os.getcwd)]], lost=told)) == [os.getcwd()]


@pytest.mark.slow
def test_workers_work_in_the_folder_of_the_caller(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (there,) = RayEngine(1)(call, [[partial(os.getcwd)]], lost=told)
    assert Path(there).samefile(tmp_path)
