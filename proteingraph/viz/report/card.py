"""What is known of the weights in use: the record of the zoo, or what training left beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from proteingraph.errors import WeightsError
from proteingraph.pretrain.model import CONFIG
from proteingraph.zoo import model_record
from proteingraph.zoo.record import RECORD, read_record

__all__ = ["error_per_noise", "read_card"]

METRIC = "validation/mse_"


def read_card(source: str | PathLike[str]) -> dict[str, Any]:
    """Read what is known of weights, as nested dictionaries of plain values.

    Args:
        source: What `load_model` takes: a name of the zoo, a folder, or a name on a hub.

    Returns:
        The record of the zoo; of other folders, settings and record of training; of a hub, nothing.

    Raises:
        WeightsError: If a file in the folder cannot be read.
    """
    if isinstance(source, str):
        with suppress(WeightsError):
            return asdict(model_record(source))
    folder = Path(fspath(source))
    if (folder / RECORD).exists():
        return asdict(read_record(folder))
    if not folder.is_dir():
        return {}
    try:
        card = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsError(f"{folder / CONFIG}: cannot be read as JSON: {error}") from error
    return card if isinstance(card, dict) else {}


def error_per_noise(card: Mapping[str, Any]) -> dict[float, float]:
    """Return the held-out error of the unit noise by noise in Å, largest noise first.

    Args:
        card: What :func:`read_card` returns.

    Returns:
        Empty if the network was not judged.
    """
    results = _mapping(card.get("results")).get("denoising") or ()
    found = {float(row["sigma"]): float(row["error"]) for row in results}
    if not found:
        metrics = _mapping(_mapping(card.get("training")).get("metrics"))
        found = {
            float(name[len(METRIC) :]): float(value)
            for name, value in metrics.items()
            if name.startswith(METRIC)
        }
    return dict(sorted(found.items(), reverse=True))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
