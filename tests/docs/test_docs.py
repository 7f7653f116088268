"""Every block of code of the documentation runs as it stands, page by page."""

from __future__ import annotations

import re
import runpy
import shlex
import sys
from pathlib import Path

import pytest
from sybil.document import Document
from sybil.example import Example
from sybil.parsers.myst import CodeBlockParser, PythonCodeBlockParser
from typer.testing import CliRunner

from proteingraph.cli import app

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SLOW = {"tutorial.md"}
# What is shown and not run: output, and launch lines of machines that are not here.
SHOWN = {"text", "sh"}


def run_commands(example: Example) -> None:
    """Run the lines that begin with a prompt; the others are output."""
    text = example.parsed.replace("\\\n", " ")
    lines = [line[2:] for line in text.splitlines() if line.startswith("$ ")]
    assert lines, "a block of commands has none"
    for line in lines:
        program, *arguments = shlex.split(line, comments=True)
        if program == "proteingraph":
            result = CliRunner().invoke(app, arguments, catch_exceptions=False)
            assert result.exit_code == 0, (line, result.output)
        else:
            assert program == "python", f"neither proteingraph nor python: {line}"
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(sys, "argv", arguments)
                runpy.run_path(arguments[0], run_name="__main__")


def write_settings(example: Example) -> None:
    """Write a block of settings to the file that its first line names."""
    named = re.match(r"# (\S+\.ya?ml)\b", example.parsed)
    assert named, "the first line of settings says which file they are of"
    Path(named[1]).write_text(example.parsed, encoding="utf-8")


PARSERS = {
    "python": PythonCodeBlockParser(),
    "console": CodeBlockParser("console", run_commands),
    "yaml": CodeBlockParser("yaml", write_settings),
}


def pages():
    for path in sorted(DOCS.rglob("*.md")):
        name = path.relative_to(DOCS).as_posix()
        marks = [pytest.mark.slow] if name in SLOW else []
        if PARSERS.keys() & languages(path):
            yield pytest.param(path, id=name, marks=marks)


def languages(path: Path) -> set[str]:
    return set(re.findall(r"^```([a-z]+)$", path.read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("path", pages())
def test_page(path, monkeypatch, tmp_path):
    for folder in ("tests", "examples", "benchmarks"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    monkeypatch.chdir(tmp_path)
    document = Document.parse(str(path), *PARSERS.values())
    for example in document.examples():
        example.evaluate()


@pytest.mark.parametrize("path", sorted(DOCS.rglob("*.md")), ids=lambda path: path.stem)
def test_nothing_escapes(path):
    fences = re.findall(r"^ *```+(.*)$", path.read_text("utf-8"), re.MULTILINE)
    opening = fences[::2]
    assert set(fences[1::2]) <= {""}
    directives = {fence for fence in opening if fence.startswith("{")}
    assert set(opening) - directives <= PARSERS.keys() | SHOWN
    assert not any("code" in directive for directive in directives)


def test_every_room_is_in_the_reference():
    package = ROOT / "proteingraph"
    rooms = {path.parent.name for path in package.glob("*/__init__.py")} - {"cli"} | {"errors"}
    listed = (DOCS / "reference" / "index.md").read_text("utf-8").splitlines()
    for room in rooms:
        page = (DOCS / "reference" / f"{room}.md").read_text("utf-8")
        assert f".. automodule:: proteingraph.{room}\n" in page and room in listed
