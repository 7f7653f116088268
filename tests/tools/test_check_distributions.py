"""The wheel and the sdist are whole, and work where nothing else is installed."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "check_distributions.py"
TRACKED = {"README.md", "proteingraph/__init__.py", "proteingraph/py.typed", ".gitignore"}


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("check_distributions", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def pack(tmp_path):
    """Make a wheel and an sdist of files, which ask for what they are told to."""

    def write(in_wheel, in_sdist, asks=("numpy", "numpy")):
        metadata = [f"Name: x\nRequires-Python: >=3.10\nRequires-Dist: {one}\n" for one in asks]
        wheel, sdist = tmp_path / "x-1.0-py3-none-any.whl", tmp_path / "x-1.0.tar.gz"
        with zipfile.ZipFile(wheel, "w") as archive:
            for name in in_wheel:
                archive.writestr(name, "")
            archive.writestr("x-1.0.dist-info/METADATA", metadata[0])
        (tmp_path / "PKG-INFO").write_text(metadata[1])
        with tarfile.open(sdist, "w:gz") as archive:
            for name in (*in_sdist, "PKG-INFO"):
                archive.add(tmp_path / "PKG-INFO", f"x-1.0/{name}")
        return wheel, sdist

    return write


def test_what_is_left_out_is_told(tool, pack, capsys):
    package = {name for name in TRACKED if name.startswith("proteingraph")}
    tool.check_contents(TRACKED, *pack(package, TRACKED - {".gitignore"}))
    assert "all of 2 files" in capsys.readouterr().out
    with pytest.raises(SystemExit, match=r"left out by MANIFEST.in: \['README.md'\]"):
        tool.check_contents(TRACKED, *pack(package, package))
    with pytest.raises(SystemExit, match=r"py\.typed"):
        tool.check_contents(TRACKED, *pack({"proteingraph/__init__.py"}, TRACKED))
    with pytest.raises(SystemExit, match=r"tests/test_x\.py"):
        tool.check_contents(TRACKED, *pack(package | {"tests/test_x.py"}, TRACKED))


def test_both_must_ask_for_the_same(tool, pack):
    tool.check_requirements(*pack(TRACKED, TRACKED))
    with pytest.raises(SystemExit, match="does not ask for what"):
        tool.check_requirements(*pack(TRACKED, TRACKED, ("numpy", "numpy>=2")))


def test_a_command_that_fails_tells_what_it_said(tool, tmp_path):
    with pytest.raises(SystemExit, match="no such thing\n\nexit code 1 of: "):
        tool.run(sys.executable, "-c", "raise SystemExit('no such thing')", cwd=tmp_path)


@pytest.mark.slow
def test_built_installed_and_used():
    run = subprocess.run([sys.executable, SCRIPT, sys.executable], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "wheel and sdist passed" in run.stdout
