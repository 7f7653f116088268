"""Ctrl-C: nothing half-written, a line that says how to go on, and a run that ends alike."""

from __future__ import annotations

import os
import random
import shlex
import signal
import time
from dataclasses import replace

import pytest
from helpers.commands import Command, send
from helpers.outcomes import DONE, OUTPUTS, contents, is_kept, is_whole, partials
from helpers.processes import wait_until

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="takes processes that are forked")


def assert_says_how_to_go_on(command: Command) -> list[str]:
    """Two lines: how, and that it was stopped. Returns the words of the command."""
    assert "Traceback" not in command.said, command.said
    *_, how, stopped = command.said.splitlines()
    assert stopped == "stopped by the user"
    assert how.startswith("to go on: proteingraph ")
    return shlex.split(how)[4:]


@pytest.mark.parametrize("name", OUTPUTS)
def test_an_interrupted_run_goes_on_with_what_it_says(name, make, tmp_path):
    for place in ("whole", "parts"):
        (tmp_path / place).mkdir()
    whole, output = (tmp_path / place / OUTPUTS[name] for place in ("whole", "parts"))
    first = make(name, whole)
    assert first.run() == DONE[name], first.said
    command = make(name, output)
    process = command.start()
    wait_until(lambda: is_kept(output) or process.exitcode is not None)
    send(process.pid, signal.SIGINT)
    process.join()
    assert process.exitcode == 130, command.said
    words = assert_says_how_to_go_on(command)
    assert is_whole(name, output) and not partials(output)
    last = replace(command, arguments=words)
    assert last.run() == DONE[name], last.said
    assert contents(output) == contents(whole)


@pytest.mark.parametrize("name", [pytest.param("pretrain", marks=pytest.mark.slow), "finetune"])
def test_a_run_that_is_asked_to_end_does_not_pass_for_done(name, make, tmp_path):
    output = tmp_path / "out" / OUTPUTS[name]
    output.parent.mkdir()
    command = make(name, output)
    process = command.start()
    wait_until(lambda: is_kept(output) or process.exitcode is not None)
    send(process.pid, signal.SIGTERM)
    process.join()
    assert process.exitcode == 143, command.said
    assert "Traceback" not in command.said
    assert command.said.splitlines()[-1].startswith("to go on: proteingraph ")
    last = make(name, output, "--resume")
    assert last.run() == 0, last.said


@pytest.mark.slow
@pytest.mark.parametrize("name", OUTPUTS)
def test_interrupted_at_many_moments(name, make, tmp_path):
    (tmp_path / "out").mkdir()
    output = tmp_path / "out" / OUTPUTS[name]
    whole = tmp_path / "out/whole" / OUTPUTS[name]
    whole.parent.mkdir()
    began = time.monotonic()
    assert make(name, whole).run() == DONE[name]
    span, chance, stops = time.monotonic() - began, random.Random(4), 0
    while stops < 10:
        command = make(name, output, "--resume")
        code = command.stop(0.2 + chance.random() * span, signal.SIGINT)
        if code == DONE[name] and "stopped" not in command.said:
            break
        assert code == 130, command.said
        assert_says_how_to_go_on(command)
        assert is_whole(name, output) and not partials(output)
        stops += 1
    last = make(name, output, "--resume")
    assert last.run() == DONE[name], last.said
    assert contents(output) == contents(whole)
    print(f"{name}: interrupted {stops} times")


@pytest.mark.parametrize(
    "words",
    [
        ["index", "build", "{inputs}/files", "-o", "{out}/index", "-m", "{inputs}/weights"],
        ["data", "export", "cath-scop-mini", "-o", "{out}"],
    ],
    ids=["index build", "data export"],
)
def test_what_cannot_go_on_leaves_what_is_whole(words, server, inputs, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    line = [word.format(inputs=inputs, out=out) for word in words]
    command = Command([*line, "--no-progress"], tmp_path / "said.txt")
    process = command.start()
    wait_until(lambda: any(out.iterdir()) or process.exitcode is not None)
    send(process.pid, signal.SIGINT)
    process.join()
    assert process.exitcode == 130, command.said
    assert command.said.splitlines()[-1] == "stopped by the user"
    assert "Traceback" not in command.said
    for path in out.rglob("*"):
        assert path.suffix == ".pdb" and path.read_text().rstrip().endswith("END")
