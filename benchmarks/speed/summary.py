"""One table and one chart of what speed is held to, written into the read-me of the benchmarks."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.speed.aims import NOT_RUN, RECORDS, Row, rows
from proteingraph.files import replacing

__all__ = ["BEGIN", "CHART", "END", "draw", "insert", "read_records", "tell"]

BEGIN, END = "<!-- speed:begin -->", "<!-- speed:end -->"
CHART = "speed.svg"
WIDTH = 110
INTRODUCTION = """
What is asked of speed, and what is measured: by processor time where one thread computes, else (and
of pre-training always) by the clock. Networks have about as many parameters and the same edges;
beside others ours computes its attributes anew, and beside `CondResNet` its edges too, for that
network starts from coordinates. "Times better" is than asked: below 1 the bar is missed.
"""


def read_records(folder: Path) -> dict[str, dict[str, Any]]:
    """Records that the table is told from, by the name of their file, as far as there are any."""
    paths = {name: folder / f"{name}.json" for name in RECORDS}
    return {
        name: json.loads(path.read_text(encoding="utf-8"))
        for name, path in paths.items()
        if path.is_file()
    }


def tell(records: Mapping[str, Mapping[str, Any]], chart: str) -> str:
    """The section in Markdown.

    Args:
        records: Records by the name of their file.
        chart: Address of the chart, relative to the read-me.
    """
    parts = [
        "## `python -m benchmarks.speed`: what is asked of speed",
        _filled(INTRODUCTION),
        _table(rows(records)),
        f"![times better than asked]({chart})",
        *map(_filled, _origins(records)),
    ]
    return "\n\n".join(part.strip() for part in parts)


def _filled(text: str) -> str:
    return textwrap.fill(text.strip(), WIDTH, break_on_hyphens=False)


def _table(lines: Sequence[Row]) -> str:
    words = {None: "", True: "met", False: "**missed**"}
    cells = [("", "asked", "measured", "times better", "")]
    cells += [
        (
            row.what,
            row.asked,
            row.measured,
            "" if row.factor is None else f"{row.factor:.2f}",
            words[row.met],
        )
        for row in lines
    ]
    cells.insert(1, ("---", "---", "---", "---", "---"))
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def _origins(records: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A paragraph for each machine and set of versions: which records are of it."""
    told: dict[str, list[str]] = {}
    for name, record in records.items():
        place = f"{record.get('machine', 'unknown machine')}; {_packages(record, 'versions')}"
        threads = record.get("threads")
        about = [f"{threads} {'thread' if threads == 1 else 'threads'}"]
        if commit := record.get("commit"):
            digest, _, modified = commit.partition("-")
            about.append(f"commit {digest[:7]}{f' ({modified})' if modified else ''}")
        if (load := record.get("load_average")) is not None:
            about.append(f"{load:.1f} processes at work when it began")
        about += filter(None, [_packages(record, "versions_of_others")])
        told.setdefault(place, []).append(f"`{name}.json` ({', '.join(about)})")
    lacking = ", ".join(f"`{name}.json`" for name in RECORDS if name not in records)
    paragraphs = [f"On {place}: {', '.join(names)}." for place, names in told.items()]
    return [*paragraphs, f"{lacking}: {NOT_RUN}."] if lacking else paragraphs


def _packages(record: Mapping[str, Any], key: str) -> str:
    return ", ".join(f"{package} {version}" for package, version in record.get(key, {}).items())


def insert(readme: Path, section: str) -> None:
    """Put a section between the markers of a read-me, in place of what is there.

    Raises:
        ValueError: If the markers are not there once each, in order.
    """
    text = readme.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end or text.count(BEGIN) != 1 or text.count(END) != 1:
        raise ValueError(f"{readme}: {BEGIN} and {END} must stand in it once each, in this order")
    with replacing(readme) as partial:
        partial.write_text(f"{before}{BEGIN}\n{section}\n{END}{after}", encoding="utf-8")


def draw(lines: Sequence[Row], path: Path) -> None:
    """Draw how many times better than asked each line is; the same lines give the same bytes.

    Args:
        lines: Lines of the table; those for which nothing is asked are left out.
        path: SVG file to write.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    asked = [row for row in lines if row.factor is not None or (row.asked and row.met is None)]
    with rc_context({"svg.hashsalt": "speed", "svg.fonttype": "none", "font.size": 8}):
        figure = Figure(figsize=(8.0, 0.8 + 0.24 * len(asked)), layout="constrained")
        axes = figure.add_subplot()
        for place, row in enumerate(asked):
            if row.factor is None:
                axes.annotate(f" {NOT_RUN}", (1, place), va="center", color="0.5")
                continue
            color = "#2a7f62" if row.met else "#c0504d"
            axes.barh(place, row.factor - 1, left=1, color=color)
            axes.annotate(
                f" {row.factor:.2f} ",
                (row.factor, place),
                va="center",
                ha="left" if row.met else "right",
            )
        axes.axvline(1, color="0.2", linewidth=0.8)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        names = [f"{row.what}: {row.asked}".replace("`", "") for row in asked]
        axes.set_yticks(range(len(asked)), names)
        axes.invert_yaxis()
        axes.margins(x=0.15)
        axes.set_xlabel("times better than asked (logarithmic)")
        axes.spines[["top", "right"]].set_visible(False)
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as partial:
            figure.savefig(partial, format="svg", metadata={"Date": None, "Creator": None})
