"""Checkpoints that are damaged when a run is to go on, or are those of another run."""

from __future__ import annotations

import os
import shutil
import signal

import pytest
from helpers.commands import send
from helpers.outcomes import OUTPUTS, contents
from helpers.processes import wait_until

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="takes processes that are forked")

NAMES = ("pretrain", "finetune")


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flipped(content: bytes) -> bytes:
    changed = bytearray(content)
    changed[len(content) // 2] ^= 4
    return bytes(changed)


def empty(content: bytes) -> bytes:
    return b""


@pytest.fixture(scope="module")
def stopped(make_anywhere, tmp_path_factory):
    """What a run leaves that was killed after two checkpoints, and what it leaves in the end."""
    kept = {}

    def get(name):
        if name not in kept:
            folder = tmp_path_factory.mktemp("stopped")
            whole, output = folder / "whole", folder / OUTPUTS[name]
            command = make_anywhere(name, whole)
            assert command.run() == 0, command.said
            process = make_anywhere(name, output).start()
            previous = output / "checkpoints/previous.ckpt"
            wait_until(lambda: previous.exists() or process.exitcode is not None)
            send(process.pid, signal.SIGKILL)
            process.join()
            assert process.exitcode == -signal.SIGKILL
            kept[name] = output, contents(whole)
        return kept[name]

    return get


@pytest.fixture
def resume(stopped, make, tmp_path):
    """Function that damages checkpoints of a killed run, and has it go on."""

    def start(name, damage, *checkpoints, more=()):
        before, whole = stopped(name)
        output = tmp_path / OUTPUTS[name]
        shutil.copytree(before, output)
        bad = [output / "checkpoints" / checkpoint for checkpoint in checkpoints]
        for path in bad:
            path.write_bytes(damage(path.read_bytes()))
        there = {path: path.read_bytes() for path in output.rglob("*.ckpt")}
        command = make(name, output, "--resume", *more)
        return command, output, whole, there

    return start


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "damage",
    [flipped, *(pytest.param(damage, marks=pytest.mark.slow) for damage in (cut, empty))],
)
def test_a_damaged_last_one_is_told_and_the_one_before_used(name, damage, resume):
    command, output, whole, _ = resume(name, damage, "last.ckpt")
    assert command.run() == 0, command.said
    assert "last.ckpt: damaged" in command.said
    assert "going on from the one before it" in command.said
    assert "Traceback" not in command.said
    assert contents(output) == whole


@pytest.mark.parametrize(
    ("name", "bad", "told"),
    [
        ("pretrain", ("last.ckpt", "previous.ckpt"), "no checkpoint of a pre-training run"),
        ("finetune", ("last.ckpt", "previous.ckpt"), "no checkpoint of a run of a task"),
        ("finetune", ("best.ckpt",), "best.ckpt: damaged"),
    ],
)
def test_what_nothing_can_go_on_from_is_told_and_left(name, bad, told, resume):
    command, _, _, there = resume(name, flipped, *bad)
    assert command.run() == 1
    (line,) = (line for line in command.said.splitlines() if line.startswith("error:"))
    assert told in line and "restore it from a copy, or start anew in another folder" in line
    assert "Traceback" not in command.said
    assert {path: path.read_bytes() for path in there} == there


@pytest.mark.parametrize(
    ("name", "more"),
    [("pretrain", "--set=seed=7"), ("finetune", "--set=training.learning_rate=0.5")],
)
def test_those_of_other_settings_are_left(name, more, resume):
    command, _, _, there = resume(name, cut, more=[more])
    assert command.run() == 1
    (line,) = (line for line in command.said.splitlines() if line.startswith("error:"))
    assert "other settings" in line
    assert {path: path.read_bytes() for path in there} == there
