"""Processes that share the work of a command, and are killed by the system."""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import suppress

import pytest
from helpers.outcomes import DONE, OUTPUTS, contents, is_kept
from helpers.processes import wait_until, workers

pytestmark = pytest.mark.skipif(
    not os.path.isdir("/proc/self"), reason="takes /proc to look at processes"
)


def test_a_killed_reader_of_chains_is_told_and_the_run_goes_on(make, tmp_path):
    whole, output = tmp_path / "whole/run", tmp_path / "killed/run"
    assert make("pretrain", whole).run() == 0
    command = make("pretrain", output, "--set=data.workers=2")
    process = command.start()
    wait_until(lambda: is_kept(output) or process.exitcode is not None)
    os.kill(workers(process.pid)[0], signal.SIGKILL)
    process.join()
    assert process.exitcode == 1, command.said
    assert "Traceback" not in command.said
    (line,) = (line for line in command.said.splitlines() if line.startswith("error:"))
    assert "a process that reads chains was killed, perhaps for want of memory" in line
    assert f"set data.workers to fewer, and resume the run in {output}" in line
    last = make("pretrain", output, "--set=data.workers=1", "--resume")
    assert last.run() == 0, last.said
    same = {"model.safetensors", "failures.parquet"}
    assert {name: contents(output).get(name) for name in same} == {
        name: contents(whole).get(name) for name in same
    }


@pytest.mark.slow
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="takes two cores to start two processes")
@pytest.mark.parametrize("name", ["data build", "embed"])
def test_killed_workers_cost_nothing(name, make, tmp_path):
    whole, output = (tmp_path / place / OUTPUTS[name] for place in ("whole", "killed"))
    for place in (whole, output):
        place.parent.mkdir()
    first = make(name, whole, "--jobs=2")
    assert first.run() == DONE[name], first.said
    chance, kills = random.Random(5), 0
    command = make(name, output, "--jobs=2")
    process = command.start()
    while process.exitcode is None:
        at_work = workers(process.pid)
        if len(at_work) == 2 and kills < 3:
            time.sleep(chance.uniform(0, 2))
            with suppress(ProcessLookupError):  # its work was done
                os.kill(chance.choice(at_work), signal.SIGKILL)
                kills += 1
        time.sleep(0.01)
    assert process.exitcode == DONE[name], command.said
    assert kills
    assert "its process was killed" not in command.said
    assert contents(output) == contents(whole)
    print(f"{name}: {kills} workers killed")
