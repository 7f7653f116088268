"""Versions of Python, of this package, and of those that it needs or can use."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from importlib.metadata import Distribution, PackageNotFoundError, distribution, version
from pathlib import Path
from typing import TYPE_CHECKING

import proteingraph
from proteingraph.diagnosis.finding import Finding

if TYPE_CHECKING:
    from packaging.requirements import Requirement

__all__ = ["find_packages"]

DISTRIBUTION = "torch-proteingraph"
NAMED = ("torch", "torch-geometric", "numpy", "lightning")
"""Packages that are told one by one; of the others only what is wrong."""


def find_packages() -> Iterator[Finding]:
    """Compare what is installed with what the installed package says that it needs."""
    folder = Path(proteingraph.__file__).parent
    yield Finding("proteingraph", f"{proteingraph.__version__} in {folder}")
    try:
        installed = distribution(DISTRIBUTION)
    except PackageNotFoundError:
        yield Finding("python", platform.python_version())
        for name in NAMED:
            yield Finding(name, _version(name) or "not installed")
        yield Finding("others", "not known: the sources are used in place, without pip")
        return
    yield _python(installed)
    needed, extras = _requirements(installed)
    others = []
    for one in needed:
        problem = _problem(one)
        if problem is not None:
            yield Finding(one.name, f"{problem}: pip install '{one.name}{one.specifier}'", False)
        elif one.name in NAMED:
            yield Finding(one.name, version(one.name), True)
        else:
            others.append(one)
    yield Finding("others", f"{len(others)} packages in versions that will do", True)
    for extra, wanted in extras.items():
        yield _extra(extra, wanted)


def _python(installed: Distribution) -> Finding:
    from packaging.specifiers import SpecifierSet

    found, wanted = platform.python_version(), installed.metadata["Requires-Python"]
    if wanted and not SpecifierSet(wanted).contains(found, prereleases=True):
        return Finding("python", f"{found}, but {wanted} is needed", False)
    return Finding("python", found, True)


def _requirements(
    installed: Distribution,
) -> tuple[list[Requirement], dict[str, list[Requirement]]]:
    """What is needed here, and what each extra for users is made of."""
    from packaging.requirements import Requirement

    listed = [Requirement(line) for line in installed.requires or ()]

    def of(extra: str) -> list[Requirement]:
        return [one for one in listed if not one.marker or one.marker.evaluate({"extra": extra})]

    needed = of("")
    extras = {}
    for extra in installed.metadata.get_all("Provides-Extra") or ():
        more = [one for one in of(extra) if one not in needed]
        if not any(one.name == DISTRIBUTION for one in more):  # as those of developers are
            extras[extra] = more
    return needed, extras


def _extra(extra: str, wanted: Sequence[Requirement]) -> Finding:
    problems = {one.name: _problem(one) for one in wanted}
    wrong = [f"{name} {problem}" for name, problem in problems.items() if problem is not None]
    if not wrong:
        found = ", ".join(f"{one.name} {version(one.name)}" for one in wanted)
        return Finding(f"[{extra}]", found or "nothing is needed for it here", True)
    told = f"{', '.join(wrong)}: pip install '{DISTRIBUTION}[{extra}]'"
    outdated = any(_version(one.name) and problems[one.name] for one in wanted)
    return Finding(f"[{extra}]", told, False if outdated else None)


def _problem(one: Requirement) -> str | None:
    found = _version(one.name)
    if found is None:
        return "not installed"
    if not one.specifier.contains(found, prereleases=True):
        return f"{found}, but {one.specifier} is needed"
    return None


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
