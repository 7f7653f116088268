"""The command line as a whole: help, version, errors."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

import proteingraph
from proteingraph.cli import app, main
from proteingraph.errors import StructureError

COMMANDS = ("demo", "pretrain", "finetune", "embed", "quality", "sites", "denoise", "report")


@pytest.mark.parametrize("command", COMMANDS)
def test_help(command):
    result = CliRunner().invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.output
    assert "--output" in result.output


def test_version():
    result = CliRunner().invoke(app, ["--version"])
    assert result.output.strip() == f"proteingraph {proteingraph.__version__}"


def test_help_is_quick():
    code = (
        "import sys; from proteingraph.cli import app\n"
        "print([m for m in ('torch', 'lightning', 'pandas', 'matplotlib') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (StructureError("x.pdb: empty [file]"), 1, "error: x.pdb: empty [file]"),
        (
            OSError(28, "No space left on device", "x.pdb"),
            1,
            "error: x.pdb: cannot be written: No space left on device: make room, or name another",
        ),
        (KeyboardInterrupt(), 130, "stopped by the user"),
        (SystemExit(130), 130, "stopped by the user"),
        (SystemExit(2), 2, ""),
    ],
)
def test_errors_are_one_message(error, code, told, monkeypatch, capsys):
    def fail():
        raise error

    monkeypatch.setattr("proteingraph.cli.console.app", fail)
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == code
    assert capsys.readouterr().err.strip() == told
