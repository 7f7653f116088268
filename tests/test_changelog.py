"""The changelog keeps to its format, and says the version that is there."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from packaging.version import Version

import proteingraph

TEXT = (Path(__file__).parents[1] / "CHANGELOG.md").read_text("utf-8")
KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]


def releases() -> list[tuple[str, str]]:
    """Headings of releases, each with what is under it."""
    pieces = re.split(r"^## (.*)\n", TEXT, flags=re.MULTILINE)[1:]
    return list(zip(pieces[::2], pieces[1::2], strict=True))


def test_releases_go_backwards_from_what_is_unreleased():
    (first, _), *others = releases()
    assert first == "[Unreleased]"
    found = [re.fullmatch(r"\[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)", name) for name, _ in others]
    assert None not in found
    versions = [Version(match[1]) for match in found]
    days = [date.fromisoformat(match[2]) for match in found]
    assert versions == sorted(set(versions), reverse=True) and days == sorted(days, reverse=True)
    assert all(version <= Version(proteingraph.__version__) for version in versions)


def test_changes_are_sorted_by_kind():
    for name, body in releases():
        kinds = re.findall(r"^### (.*)$", body, re.MULTILINE)
        assert kinds == [kind for kind in KINDS if kind in kinds] and kinds, name
        before, *sections = re.split(r"^### .*\n", body, flags=re.MULTILINE)
        assert before.strip() == ""
        for section in sections:
            lines = [line for line in section.splitlines() if line]
            assert lines and lines[0].startswith("- ")
            assert all(line.startswith(("- ", "  ")) for line in lines), name


def test_lines_can_be_read():
    assert max(map(len, TEXT.splitlines())) <= 110
    assert not re.search(r"[ \t]$", TEXT, re.MULTILINE) and TEXT.endswith("\n")
