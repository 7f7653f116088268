"""Checks of options that several commands have."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from proteingraph.errors import ConfigError, StructureError

__all__ = ["check_folder", "check_model", "check_noise", "check_sources"]

SHIPPED = "cath-scop-mini"  # as in `proteingraph.datasets`, which takes seconds to import


def check_noise(option: str, value: float | None) -> None:
    """Raise ConfigError unless a noise in Å, if given at all, is one that networks can be told."""
    from proteingraph.noise import NOISE_RANGE

    if value is not None and not 0 < value < float("inf"):
        raise ConfigError(f"{option} must be above 0 Å and finite, got {value:g}")
    if value is not None and not NOISE_RANGE[0] <= value <= NOISE_RANGE[1]:
        low, high = NOISE_RANGE
        raise ConfigError(f"{option} must be from {low:g} to {high:g} Å, got {value:g}")


def check_folder(folder: Path) -> None:
    """Raise ConfigError unless files can be written to a folder, which need not exist yet.

    Nothing is written: a command that ends with an error before its work leaves no empty folder.
    """
    there = folder.absolute()
    while not os.path.exists(there) and there != there.parent:
        there = there.parent
    if not there.is_dir():
        raise ConfigError(f"{folder}: {there} is a file, no folder: name another folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise ConfigError(f"{folder}: no permission to write to {there}: name another folder")


def check_model(source: str) -> None:
    """Raise WeightsError if a name is none of the zoo's, before anything is read or shown."""
    from proteingraph.zoo.registry import find_weights

    find_weights(source)


def check_sources(sources: Sequence[str]) -> None:
    """Raise StructureError if nothing that is named is there, before a network is loaded for it.

    Of several, those that are absent are told with the others that cannot be read.
    """
    for source in sources:
        if source == SHIPPED or any(sign in source for sign in "*?[") or os.path.lexists(source):
            return
    others = f", nor any of the {len(sources) - 1:,} others" if len(sources) > 1 else ""
    raise StructureError(f"{sources[0]}: no such file{others}")
