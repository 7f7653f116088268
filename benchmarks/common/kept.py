"""Trainings that are kept on disk once they are done."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from proteingraph.errors import ConfigError

__all__ = ["RESULT", "kept_result"]

RESULT = "result.json"


def kept_result(folder: Path, about: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a training left in its folder, or None.

    Args:
        folder: Of the training.
        about: What it is to be of, which stands under ``"about"`` in `result.json`.

    Raises:
        ConfigError: If it is of other settings.
    """
    path = folder / RESULT
    if not path.exists():
        return None
    known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    other = [name for name, value in about.items() if known["about"].get(name) != value]
    if other:
        raise ConfigError(f"{folder}: of other settings ({', '.join(other)}): name another")
    return known
