"""Disks that are full and folders that cannot be written to: a clear line, and nothing lost."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from functools import partial
from pathlib import Path

import pytest
from helpers.commands import Command
from helpers.outcomes import DONE, OUTPUTS, contents, is_whole, partials

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="takes processes that are forked")


def limit_files(size: int) -> None:
    """Let no file of this process grow beyond a size: an error of the system, as of a full disk."""
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def obey_permissions() -> None:
    """Take from root what lets it write anywhere."""
    if os.geteuid():
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # version 3, this process
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; twice
    assert libc.capget(header, sets) == 0
    sets[0] &= ~(1 << 1)  # CAP_DAC_OVERRIDE
    assert libc.capset(header, sets) == 0


def assert_told(command: Command, *words: str) -> None:
    """One line that says what is wrong, and no traceback."""
    assert "Traceback" not in command.said, command.said
    (line,) = (line for line in command.said.splitlines() if line.startswith("error:"))
    for word in words:
        assert word in line


@pytest.fixture(scope="module")
def whole(make_anywhere, tmp_path_factory):
    """What the commands leave where there is room, by name."""
    kept = {}

    def get(name):
        if name not in kept:
            output = tmp_path_factory.mktemp("whole") / OUTPUTS[name]
            command = make_anywhere(name, output)
            assert command.run() == DONE[name], command.said
            kept[name] = contents(output)
        return kept[name]

    return get


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("pretrain", [100_000]),  # a checkpoint
        ("finetune", [200, 100_000]),  # the list of mismatches, a checkpoint
        ("data build", [20_000]),  # the coordinates
        ("embed", [10_000]),
    ],
)
def test_a_disk_that_is_full_and_then_is_not(name, sizes, make, whole, tmp_path):
    output = tmp_path / "out" / OUTPUTS[name]
    output.parent.mkdir()
    for size in sizes:
        command = make(name, output, "--resume", prepare=partial(limit_files, size))
        assert command.run() == 1
        assert_told(command, "cannot be written", "File too large", str(output.parent))
        assert is_whole(name, output) and not partials(output)
    command = make(name, output, "--resume")
    assert command.run() == DONE[name], command.said
    assert contents(output) == whole(name)


@pytest.mark.parametrize(
    "words",
    [
        ["embed", "{files}", "-o", "{out}/x.npz", "-m", "{model}"],
        ["embed", "{files}", "-o", "{out}/x.safetensors", "-m", "{model}"],
        ["index", "build", "{files}", "-o", "{out}/index", "-m", "{model}"],
        ["data", "export", "{pack}", "-o", "{out}/exported"],
        ["denoise", "{file}", "-o", "{out}/denoised.pdb", "-m", "{model}"],
        ["report", "{file}", "-o", "{out}/report.html", "-m", "{model}", "--no-neighbors",
         "--no-tasks"],
        ["quality", "{file}", "-o", "{out}/quality", "-m", "{quality}"],
    ],
    ids=lambda words: " ".join(words[:2]) + Path(words[-3]).suffix,
)  # fmt: skip
def test_commands_that_cannot_go_on_leave_nothing(words, server, inputs, quality_folder, tmp_path):
    places = {
        "files": inputs / "files",
        "file": inputs / "sources/1aki.pdb",
        "pack": inputs / "pack.npz",
        "model": inputs / "weights",
        "quality": quality_folder,
        "out": tmp_path / "out",
    }
    (tmp_path / "out").mkdir()
    line = [word.format(**places) for word in words]
    # Too short a time for anything to be kept to go on from.
    limit, settings = partial(limit_files, 2_000), {"commit_every": 60.0}
    command = Command(line, tmp_path / "said.txt", limit, settings=settings)
    assert command.run() == 1, command.said
    assert "Traceback" not in command.said and "written" in command.said
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


def test_output_to_a_device_that_is_full(server, inputs, tmp_path):
    if not Path("/dev/full").exists():
        pytest.skip("no such device")
    command = Command(["models", "--json"], tmp_path / "said.txt", print_to_full_device)
    assert command.run() == 1
    assert_told(command, "the output: cannot be written: No space left on device")


def print_to_full_device() -> None:
    import sys

    sys.stdout = open("/dev/full", "w", buffering=1)


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_folder_that_cannot_be_written_to(name, make, tmp_path):
    folder = tmp_path / "closed"
    folder.mkdir()
    folder.chmod(0o555)
    command = make(name, folder / OUTPUTS[name], prepare=obey_permissions)
    try:
        assert command.run() == 1, command.said
    finally:
        folder.chmod(0o755)
    assert_told(command, str(folder))
    assert "ermission" in command.said
    assert not list(folder.iterdir())


@pytest.fixture
def small_disk(tmp_path):
    """Function that mounts a disk of so many bytes; it is emptied at the end."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def mount(size):
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
        if not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode:
            pytest.skip("disks cannot be mounted here")
        return folder

    yield mount
    subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("size", ["100k", "400k", "700k", "1m"])
@pytest.mark.parametrize("name", OUTPUTS)
def test_a_small_disk_that_is_full(name, size, make, whole, small_disk, tmp_path):
    disk = small_disk(size)
    output = disk / OUTPUTS[name]
    command = make(name, output, "--resume")
    code = command.run()
    if code == DONE[name] and "cannot be written" not in command.said:
        pytest.skip(f"{size} are enough")
    assert code == 1
    assert_told(command, "cannot be written", "No space left on device", str(disk))
    assert is_whole(name, output) and not partials(output)
    subprocess.run(["mount", "-o", "remount,size=100m", str(disk)], check=True)
    last = make(name, output, "--resume")
    assert last.run() == DONE[name], last.said
    assert contents(output) == whole(name)
