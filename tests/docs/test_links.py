"""Every link, and every file that is named, in what is read outside the built documentation.

Sphinx checks the links of `docs/` when it builds these; here are also the pages that it does not
see, the cards of the networks and the words of the examples. No link is followed to the network.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from markdown_it import MarkdownIt

from proteingraph.zoo import list_models, model_card

ROOT = Path(__file__).parents[2]
FOLDERS = ("benchmarks", "docs", "examples", "proteingraph", "tests", "tools")
PAGES = sorted([*ROOT.glob("*.md"), *(path for f in FOLDERS for path in (ROOT / f).rglob("*.md"))])
SCRIPTS = sorted([*(ROOT / "examples").glob("*.py"), *(ROOT / "benchmarks").rglob("*.py")])
ENDINGS = "py|ipynb|md|ya?ml|json|csv|png|pdb|cif|bcif"


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tokens(text: str):
    """Tokens of a page, those inside paragraphs and headings too."""
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        yield token
        yield from token.children or []


def targets(text: str) -> list[str]:
    """What links and pictures of a page point to."""
    found = [token.attrs.get("href") or token.attrs.get("src") for token in tokens(text)]
    return [str(target) for target in found if target]


def anchors(text: str) -> set[str]:
    """Anchors of the headings of a page, made as code hosts and MyST make them."""
    seen: Counter[str] = Counter()
    found = set()
    for before, token in pairwise(tokens(text)):
        if before.type == "heading_open":
            slug = re.sub(r"[^\w\- ]", "", token.content.lower()).replace(" ", "-")
            found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
            seen[slug] += 1
    return found


def broken(text: str, folder: Path, own: Path | None = None) -> list[str]:
    """Targets that do not exist, seen from a folder."""
    wrong = []
    for target in targets(text):
        parts = urlsplit(target)
        if parts.scheme:
            fine = parts.scheme in ("https", "mailto") and bool(parts.netloc or parts.path)
        else:
            path = folder / unquote(parts.path) if parts.path else own
            fine = path is not None and path.exists() and path.resolve().is_relative_to(ROOT)
            if fine and parts.fragment:
                fine = parts.fragment in anchors(path.read_text("utf-8"))
        wrong += [] if fine else [target]
    return wrong


def missing_files(text: str) -> list[str]:
    """Files of the checkout that a text names and that are not there."""
    folders = "|".join(FOLDERS)
    named = re.findall(rf"(?<![\w/.-])(?:{folders})/[\w./-]*\.(?:{ENDINGS})(?:\.gz)?\b", text)
    return sorted(name for name in set(named) if not (ROOT / name).exists())


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_links_of_pages(path):
    text = path.read_text("utf-8")
    assert broken(text, path.parent, path) == []
    assert missing_files(text) == []


@pytest.mark.parametrize("name", list_models())
def test_cards(name):
    card = model_card(name)
    assert broken(card, ROOT) == []
    assert missing_files(card) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_files_named_by_scripts(path):
    assert missing_files(path.read_text("utf-8")) == []


def test_there_is_something_to_check():
    readme = (ROOT / "README.md").read_text("utf-8")
    assert "docs/index.md" in targets(readme) and "embed-your-structures" in anchors(readme)
    text = "[a](README.md#licence-and-sources) ![b](docs/none.png) [c](#nowhere) [d](http://x.y)"
    assert broken(text, ROOT, ROOT / "README.md") == ["docs/none.png", "#nowhere", "http://x.y"]
    assert missing_files("see tests/data/1aki.cif and `docs/no/such.md`") == ["docs/no/such.md"]
