"""Work in several processes, some of which are killed."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import time
from functools import partial

import pytest
from helpers.calls import call, chunked, die, told

from proteingraph.parallel import AHEAD, _deaf_children, map_in_processes

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")


def test_results_come_in_the_order_of_the_items():
    # The first takes longest.
    items = [partial(time.sleep, 0.3), *(partial(math.factorial, n) for n in range(20))]
    results = list(map_in_processes(call, chunked(items, 3), jobs=2, lost=told))
    assert results == [None, *(math.factorial(n) for n in range(20))]


def test_killed_processes_cost_what_killed_them_and_no_more():
    items = [partial(math.factorial, n) for n in range(12)]
    expected = [math.factorial(n) for n in range(12)]
    for place in (0, 4, 5, 11):
        items[place], expected[place] = die(), "lost: raise_signal"
    assert list(map_in_processes(call, chunked(items, 3), jobs=2, lost=told)) == expected


def test_chunks_are_asked_for_as_they_are_needed():
    asked = []

    def chunks():
        for number in range(1000):
            asked.append(number)
            yield [partial(math.factorial, number % 9)] if number % 2 else []

    results = map_in_processes(call, chunks(), jobs=1, lost=told)
    assert next(results) == 1
    assert len(asked) <= 2 * (AHEAD + 1)
    results.close()
    assert len(asked) <= 2 * (AHEAD + 1)


def test_nothing_to_do():
    assert list(map_in_processes(call, [], jobs=2, lost=told)) == []
    assert list(map_in_processes(call, [[], []], jobs=2, lost=told)) == []


def test_every_process_is_prepared(tmp_path):
    results = map_in_processes(
        call, [[partial(os.getcwd)]] * 4, jobs=2, lost=told, start=os.chdir, arguments=[tmp_path]
    )
    assert set(results) == {os.path.realpath(tmp_path)}


def test_an_error_of_the_work_is_raised():
    with pytest.raises(ValueError, match="invalid literal"):
        list(map_in_processes(call, [[partial(int, "x")]], jobs=1, lost=told))


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{process}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] != "Z"


PROGRAM = """
import os, time
from functools import partial
from multiprocessing import active_children
from operator import methodcaller
from proteingraph.parallel import map_in_processes

class Slow:
    def __reduce__(self):
        return time.sleep, (60,)

def chunks():
    yield [partial(time.sleep, 60)]
    print(active_children()[0].pid, flush=True)
    yield []

work = methodcaller("__call__")
list(map_in_processes(work, chunks(), jobs=1, lost=print, start=max, arguments={arguments}))
"""


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="takes /proc to look at processes")
@pytest.mark.parametrize("arguments", ["[1, 2]", "[Slow(), 2]"], ids=["at work", "starting"])
def test_processes_end_with_the_one_that_started_them(arguments):
    command = [sys.executable, "-c", PROGRAM.replace("{arguments}", arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        worker = int(parent.stdout.readline())
        time.sleep(1)
        assert is_running(worker)
        parent.kill()
    deadline = time.monotonic() + 30
    while is_running(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_running(worker)


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="no signal masks here")
def test_processes_started_do_not_hear_an_interruption():
    with _deaf_children():
        assert signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])
