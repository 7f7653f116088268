"""What an import and the help of the command line bring along, and what they cost."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    "Bio",
    "biotite",
    "foldcomp",
    "huggingface_hub",
    "lightning",
    "matplotlib",
    "pandas",
    "prody",
    "pyarrow",
    "pytorch_lightning",
    "ray",
    "rich",
    "sklearn",
    "tensorboard",
    "tmtools",
    "transformers",
    "typer",
    "usearch",
}
# What any real work needs: only that which does none can go without.
NEEDED = {"gemmi", "numpy", "scipy", "torch", "torch_geometric"}
ROOMS = (
    "assess",
    "datasets",
    "diagnosis",
    "embedding",
    "geometry",
    "io",
    "nn",
    "ops",
    "pretrain",
    "search",
    "tasks",
    "testing",
    "transforms",
    "zoo",
)
HELP_OF_ALL = """
import typer
from typer.testing import CliRunner
from proteingraph.cli import app

def paths(command, path=()):
    yield path
    for name, child in getattr(command, "commands", {}).items():
        yield from paths(child, (*path, name))

asked = list(paths(typer.main.get_command(app)))
assert len(asked) > 15, asked
for path in asked:
    result = CliRunner().invoke(app, [*path, "--help"])
    assert result.exit_code == 0 and "Usage" in result.output, result.output
"""


def fresh(code: str) -> tuple[set[str], float]:
    """Top-level modules that a new interpreter has after `code`, and its processor time in s."""
    code += "\nimport sys, time\nprint(time.process_time())"
    code += "\nprint(*{name.partition('.')[0] for name in sys.modules})"
    # Away from the checkout, where the sources would hide what is installed.
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=sys.prefix
    )
    seconds, modules = run.stdout.splitlines()[-2:]
    return set(modules.split()), float(seconds)


def command_line(*arguments: str) -> str:
    """Code that runs the command line."""
    return f"""
import sys
from proteingraph.cli import main
sys.argv = {["proteingraph", *arguments]}
try:
    main()
except SystemExit as stop:
    assert not stop.code
"""


@pytest.fixture(scope="module")
def torch_alone() -> float:
    """Processor time of a new interpreter that imports torch, in s."""
    return fresh("import torch")[1]


def test_import_of_the_package_is_light(torch_alone):
    modules, seconds = fresh("import proteingraph")
    assert modules & (HEAVY | NEEDED) == set()
    assert seconds < 0.25 * torch_alone  # about 0.03 s of 1.5 s


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_command_line_answers_without_torch(option, torch_alone):
    modules, seconds = fresh(command_line(option))
    assert modules & (HEAVY | NEEDED) == {"rich", "typer"}
    assert seconds < 0.5 * torch_alone  # about 0.2 s of 1.5 s


def test_help_of_every_command_does_without_torch():
    modules, _ = fresh(HELP_OF_ALL)
    assert modules & (HEAVY | NEEDED) <= {"rich", "typer", "numpy"}


def test_rooms_bring_nothing_heavy_beyond_what_torch_geometric_needs():
    before, alone = fresh("import torch_geometric")
    after, seconds = fresh("".join(f"import proteingraph.{room}\n" for room in ROOMS))
    assert (after - before) & HEAVY == set()
    assert seconds < 1.5 * alone
