"""One page lists every public name, and documentation and examples use no others."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import proteingraph

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
SCRIPTS = sorted((ROOT / "examples").glob("*.py"))


def listed() -> set[str]:
    """Full names on the page."""
    text = (REFERENCE / "names.md").read_text("utf-8")
    names = set(re.findall(r"\{py:data\}`~([\w.]+)`", text))
    for module, table in re.findall(r"currentmodule:: (\S+)\n(.*?)```", text, re.DOTALL):
        names |= {f"{module}.{name}" for name in re.findall(r"^   (\w+)$", table, re.MULTILINE)}
    return names


def documented() -> set[str]:
    """Full names of what the pages of the reference describe."""
    directive = re.compile(r"^\.\. (?:auto|py:)(\w+):: (\S+)\n((?:   :.*\n)*)", re.MULTILINE)
    names = set()
    for page in REFERENCE.glob("*.md"):
        for kind, name, options in directive.findall(page.read_text("utf-8")):
            if kind == "module":
                left_out = options.partition("exclude-members:")[2].replace(",", " ").split()
                exported = set(importlib.import_module(name).__all__) - set(left_out)
                names |= {f"{name}.{one}" for one in exported}
            elif kind in ("class", "function", "data"):
                names.add(name)
    return names


def resolve(name: str) -> object:
    """What a full name stands for; where a function and its file share it, the function."""
    module, _, last = name.rpartition(".")
    if not module:
        return importlib.import_module(name)
    parent = resolve(module)
    return getattr(parent, last) if hasattr(parent, last) else importlib.import_module(name)


def imported(code: str) -> set[str]:
    """What a piece of Python imports from the package."""
    nodes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.ImportFrom)]
    return {
        f"{node.module}.{alias.name}"
        for node in nodes
        if node.module and node.module.partition(".")[0] == "proteingraph"
        for alias in node.names
    }


def test_list_is_what_the_reference_documents():
    names = listed()
    assert len(names) > 200
    assert names ^ documented() == set()


def test_what_is_listed_is_exported_where_the_list_says():
    for name in listed():
        module, _, last = name.rpartition(".")
        assert last in importlib.import_module(module).__all__, name


def test_what_rooms_export_is_listed():
    names = [resolve(name) for name in listed()]
    for info in pkgutil.walk_packages(proteingraph.__path__, "proteingraph."):
        if not info.ispkg or info.name.startswith("proteingraph.cli"):
            continue
        room = importlib.import_module(info.name)
        missing = [n for n in room.__all__ if not any(getattr(room, n) is one for one in names)]
        assert missing == [], info.name


def test_names_of_the_package_itself_are_in_a_table():
    (table,) = re.findall(
        r"\| name \| what it is \|\n(.*?)\n\n",
        (REFERENCE / "index.md").read_text("utf-8"),
        re.DOTALL,
    )
    cells = " ".join(row.split("|")[1] for row in table.splitlines())
    names = re.findall(r"`(?:proteingraph\.)?(\w+)`", cells)
    assert sorted(names) == sorted(proteingraph.__all__)


@pytest.mark.parametrize("path", [*SCRIPTS, *PAGES], ids=lambda path: path.name)
def test_only_public_names_are_imported(path):
    text = path.read_text("utf-8")
    blocks = [text]
    if path.suffix == ".md":
        blocks = re.findall(r"^```python\n(?!>>>)(.*?)^```", text, re.DOTALL | re.MULTILINE)
    used = set().union(*map(imported, blocks))
    top = {f"proteingraph.{name}" for name in proteingraph.__all__}
    assert used - listed() - top == set()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_names_in_the_text_exist(path):
    spans = re.findall(r"(?<!`)`~?([^`\n]+)`(?!`)", path.read_text("utf-8"))
    for name in filter(None, (re.match(r"proteingraph(?:\.[A-Za-z_]\w*)+", s) for s in spans)):
        resolve(name[0])
