"""Tests of several processes as users start them, and of what is said when one of them fails."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers.trained_together import SETTINGS

pytestmark = pytest.mark.slow

SCRIPT = """
import os, signal, sys
from pathlib import Path
from lightning.pytorch.callbacks import Callback
from helpers.trained_together import chains, config
from proteingraph.errors import DatasetError, ProteinGraphError
from proteingraph.pretrain.run import pretrain

fault, process, folder = sys.argv[1:]

class Fault(Callback):
    def on_train_batch_start(self, trainer, *rest):
        if trainer.global_step == 5 and trainer.global_rank == int(process):
            if fault == "error":
                raise DatasetError("shard 7 is damaged")
            os.kill(os.getpid(), signal.SIGKILL)

try:
    settings = config("hardware.devices=2")
    pretrain(*chains(), folder, settings, progress=False, callbacks=[Fault()])
except ProteinGraphError as error:
    print("error:", error, file=sys.stderr)
    sys.exit(1)
"""


def launch(command: list[str], timeout: float = 400) -> subprocess.CompletedProcess[str]:
    """Run a command that starts processes, and give what all of them say."""
    around = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parents[1])}
    return subprocess.run(
        command,
        env={**os.environ, **around},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    """The command that trains in two processes, into the folder `run`."""
    (tmp_path / "settings.yaml").write_text(json.dumps(SETTINGS))
    program = shutil.which("proteingraph", path=Path(sys.executable).parent)
    assert program is not None
    arguments = f"pretrain cath-scop-mini -o {tmp_path}/run --config {tmp_path}/settings.yaml"
    return [program, *arguments.split(), "--steps", "4", "-s", "hardware.devices=2"]


@pytest.mark.parametrize("launcher", ["lightning", "torchrun"])
def test_the_command_tells_and_writes_once(
    tmp_path: Path, command: list[str], launcher: str
) -> None:
    if launcher == "torchrun":
        options = ["--standalone", "--nproc-per-node=2", "--no-python"]
        command = [sys.executable, "-m", "torch.distributed.run", *options, *command]
    done = launch(command)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("4 steps") == 1
    assert done.stderr.count("training on") == 1 and done.stderr.count("100 %") >= 1
    assert "Warning" not in done.stderr and "GLOBAL_RANK" not in done.stderr
    assert [path.name for path in (tmp_path / "run/log").iterdir()] == ["part_0"]
    assert json.loads((tmp_path / "run/metrics.json").read_text())["processes"] == 2
    again = launch([*command, "--resume", "--no-progress"])
    assert again.returncode == 0, again.stderr


@pytest.mark.parametrize("process", [0, 1])
@pytest.mark.parametrize("fault", ["error", "killed"])
def test_what_fails_in_one_process_ends_all(tmp_path: Path, fault: str, process: int) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    begun = time.monotonic()
    done = launch([sys.executable, str(script), fault, str(process), str(tmp_path / "run")])
    assert time.monotonic() - begun < 300  # the time-out of processes that wait
    assert done.returncode != 0 and not done.stdout
    assert not (tmp_path / "run/model.safetensors").exists()
    assert (tmp_path / "run/checkpoints/last.ckpt").exists()
    if fault == "error":
        assert done.stderr == "error: shard 7 is damaged\n"
    elif process == 1 and done.returncode == 1:  # or Lightning has noticed first, and killed it
        assert done.stderr.startswith("error: another process of this run ended without a word")
        assert done.stderr.count("\n") == 1
    left = subprocess.run(["pgrep", "-f", str(script)], capture_output=True, text=True, check=False)
    assert not left.stdout.split()


@pytest.mark.parametrize("wait", [0.0, 0.2, 0.5])
def test_all_end_when_they_are_asked_to(tmp_path: Path, command: list[str], wait: float) -> None:
    command[command.index("4")] = "100000"
    around = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen(
        [*command, "--no-progress", "-s", "checkpoint_every=5"],
        env={**os.environ, **around},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        until = time.monotonic() + 300
        while not (tmp_path / "run/checkpoints/last.ckpt").exists():
            assert time.monotonic() < until and process.poll() is None
            time.sleep(0.05)
        time.sleep(wait)
        os.killpg(process.pid, signal.SIGTERM)  # all of them, as schedulers do
        said = process.communicate(timeout=60)[1]
    assert process.returncode == 143 and "Traceback" not in said
    assert said.count("--resume") == 1
