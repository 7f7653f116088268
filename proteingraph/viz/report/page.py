"""The page: template, style and scripts put together into one file that needs no other."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from os import PathLike
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from proteingraph.errors import ConfigError
from proteingraph.files import replacing

__all__ = ["SCRIPTS", "VIEWER", "render_page", "write_page"]

VIEWER = "3Dmol-2.5.5-min.js"
"""3Dmol.js, `build/3Dmol-min.js` of the npm package 3dmol 2.5.5; licence in 3Dmol.LICENSE.txt."""

SCRIPTS = ("data.js", "colours.js", "state.js", "strip.js", "map.js", "viewer.js", "page.js")
TEMPLATE, STYLE, LICENCE = "page.html", "page.css", "3Dmol.LICENSE.txt"


@cache
def _asset(name: str) -> str:
    return files("proteingraph.viz.report").joinpath("assets", name).read_text(encoding="utf-8")


def render_page(payload: Mapping[str, Any], **parts: Any) -> str:
    """Return the page as HTML.

    Browsers are told to run the package's own scripts alone, by their hashes, and to load nothing
    from anywhere: whatever names in a file might contain, they are only shown.

    Args:
        payload: What the scripts are given, from `make_payload`.
        parts: What else the template shows.
    """
    scripts = [_asset(VIEWER), "\n".join(_asset(name) for name in SCRIPTS)]
    template = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(
        _asset(TEMPLATE)
    )
    return template.render(
        payload=payload,
        style=Markup(_asset(STYLE)),
        scripts=[Markup(script) for script in scripts],
        hashes=[_hash(script) for script in scripts],
        licence=_asset(LICENCE),
        **parts,
    )


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    return "sha256-" + base64.b64encode(digest).decode("ascii")


def write_page(path: str | PathLike[str], page: str) -> None:
    """Write a page, whole or not at all.

    Raises:
        ConfigError: If it cannot be written.
    """
    path = Path(path)
    try:
        with replacing(path) as partial:
            partial.write_text(page, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror or error}") from error
