"""`proteingraph doctor`: whether the package works here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from proteingraph.cli.listing import print_json, wide_console

if TYPE_CHECKING:
    from rich.console import Console

    from proteingraph.diagnosis import Finding

__all__ = ["doctor"]

MARKS = {True: ("ok", "green"), False: ("WRONG", "bold red"), None: ("", "")}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check that the package works here: versions, devices, weights, folders, and a quick test.

    Weights are compared with their checksums, and a small network is tried on a shipped domain:
    its gradient must turn with the structure, its embedding must not change, and all devices must
    compute the same. What is wrong is told with what to do, and the exit code is 1. Optional
    packages that are not there are no fault.
    """
    from proteingraph.diagnosis import diagnose

    found: dict[str, list[Finding]] = {}
    console = wide_console()
    for part, finding in diagnose():
        if not as_json:
            if part not in found:
                console.print(part, style="bold")
            _show(console, finding)
        found.setdefault(part, []).append(finding)
    wrong = sum(finding.ok is False for part in found.values() for finding in part)
    if as_json:
        parts = {part: [vars(finding) for finding in each] for part, each in found.items()}
        print_json({"ok": not wrong, **parts})
    else:
        console.print(f"{wrong} WRONG" if wrong else "all is as it should be", style="bold")
    if wrong:
        raise typer.Exit(1)


def _show(console: Console, finding: Finding) -> None:
    mark, style = MARKS[finding.ok]
    console.print(f"  {mark:<7}", style=style, end="")
    console.print(f"{finding.name:<24}{finding.told}", markup=False, highlight=False)
