"""Commands that share out their work to a Ray cluster, if they are asked to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers.processes import wait_until
from typer.testing import CliRunner

from proteingraph.cli import app
from proteingraph.cli.engines import EngineName, open_engine
from proteingraph.datasets.store import verify_store
from proteingraph.errors import ConfigError

run = CliRunner().invoke


def test_options_of_the_other_engine():
    assert open_engine(EngineName.local, None, None, 4) is None
    for workers, address in ((2, None), (None, "auto")):
        with pytest.raises(ConfigError, match="are of --engine ray"):
            open_engine(EngineName.local, workers, address, 1)
    with pytest.raises(ConfigError, match="--jobs is of --engine local: give --workers"):
        open_engine(EngineName.ray, 2, None, 4)


@pytest.mark.parametrize("command", [["embed"], ["data", "build"]], ids=" ".join)
def test_without_ray(command, test_files, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    arguments = [str(test_files / "1aki.cif"), "-o", str(tmp_path / "out.npz"), "--engine", "ray"]
    result = run(app, [*command, *arguments])
    assert isinstance(result.exception, ConfigError)
    assert "pip install 'torch-proteingraph[ray]'" in str(result.exception)
    assert not result.output and not list(tmp_path.iterdir())


@pytest.mark.usefixtures("ray_cluster")
def test_a_store_by_workers_of_ray(test_files, tmp_path):
    bad, store = tmp_path / "bad.pdb", tmp_path / "store"
    bad.write_text("no structure\n")
    files = [str(test_files / "1aki.cif"), str(bad), str(test_files / "5zng.bcif.gz")]
    result = run(app, ["data", "build", *files, "-o", str(store), "--engine", "ray"])
    assert result.exit_code == 1
    assert "3 entries" in result.output and "bad.pdb" in result.output
    assert verify_store(store) == []


@pytest.mark.slow
def test_no_cluster_at_the_address(weights, test_files, tmp_path):
    pytest.importorskip("ray")
    command = [sys.executable, "-c", "from proteingraph.cli import main; main()", "embed"]
    arguments = [test_files / "1aki.cif", "-o", tmp_path / "out.npz", "-m", weights]
    asked = [*command, *arguments, "--engine", "ray", "--address", "127.0.0.1:1"]
    done = subprocess.run(asked, capture_output=True, text=True)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "error: no Ray cluster at '127.0.0.1:1'" in done.stderr


def descendants(process: int) -> set[int]:
    """Processes that one has started, and those that they have."""
    parents = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            stat = (place / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        if stat[0] != "Z":
            parents[int(place.name)] = int(stat[1])
    found = {process}
    while more := {one for one, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {process}


def running(processes: set[int]) -> set[int]:
    """Those that have not ended."""
    return {one for one in processes if Path(f"/proc/{one}/exe").exists()}


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")
def test_command_that_is_killed_ends_its_ray_and_is_resumed(weights, tmp_path):
    pytest.importorskip("ray")
    parts = tmp_path / "there.parquet.parts"
    command = [sys.executable, "-c", "from proteingraph.cli import main; main()"]
    asked = [*command, "embed", "cath-scop-mini", "-m", str(weights), "--no-progress"]
    alone = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([*asked, "-o", tmp_path / "here.parquet"], env=alone, check=True)
    asked += ["-o", tmp_path / "there.parquet", "--engine", "ray", "--workers", "2"]
    with subprocess.Popen(asked) as process:
        wait_until(lambda: any(parts.glob("*.npz")))
        started = descendants(process.pid)
        process.kill()
    assert len(started) > 4
    wait_until(lambda: not running(started))
    assert not (tmp_path / "there.parquet").exists()
    subprocess.run([*asked, "--resume"], check=True)
    here, there = ((tmp_path / f"{name}.parquet").read_bytes() for name in ("here", "there"))
    assert here == there
    assert not parts.exists()


@pytest.mark.slow
def test_interruption_says_how_to_go_on(weights, tmp_path):
    pytest.importorskip("ray")
    command = [sys.executable, "-c", "from proteingraph.cli import main; main()", "embed"]
    arguments = ["cath-scop-mini", "-o", str(tmp_path / "out.parquet"), "-m", str(weights)]
    asked = [*command, *arguments, "--engine", "ray", "--workers", "2", "--no-progress"]
    with subprocess.Popen(asked, stderr=subprocess.PIPE, text=True) as process:
        wait_until(lambda: any((tmp_path / "out.parquet.parts").glob("*.npz")))
        started = descendants(process.pid)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        said = process.communicate()[1]
    assert process.returncode == 130 and "Traceback" not in said
    assert "to go on: proteingraph embed cath-scop-mini" in said and "--resume" in said
    wait_until(lambda: not running(started))
