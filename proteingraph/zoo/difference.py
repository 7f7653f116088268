"""Weights that are stored as what differs from others of the zoo, their base."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from proteingraph.errors import WeightsError
from proteingraph.pretrain.model import WEIGHTS
from proteingraph.zoo import registry
from proteingraph.zoo.record import RECORD, BaseRecord, describe_file, read_record

__all__ = ["difference", "load_base", "load_state"]


def difference(state: Mapping[str, Tensor], base: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights, each of them whole, that a base lacks or has others of; both as they are stored."""

    def same(value: Tensor, known: Tensor | None) -> bool:
        return known is not None and known.dtype == value.dtype and torch.equal(known, value)

    return {name: value for name, value in state.items() if not same(value, base.get(name))}


def load_base(base: BaseRecord) -> dict[str, Tensor]:
    """Load the file of a base, as it is stored.

    Raises:
        WeightsError: If it is not shipped, or not the one that is meant.
    """
    path = registry.SHIPPED / base.name / WEIGHTS
    try:
        actual = describe_file(path).sha256
    except OSError as error:
        raise WeightsError(
            f"{path}: others differ from these weights, and cannot be loaded without: "
            f"{error.strerror}"
        ) from error
    if actual != base.sha256:
        raise WeightsError(
            f"{path}: not the file that others differ from: expected SHA-256 {base.sha256}, got "
            f"{actual}: install the package again, or publish what differs from it anew"
        )
    return load_file(path)


def load_state(folder: Path, names: Iterable[str]) -> dict[str, Tensor]:
    """Load the weights in a folder, and from its base, if its record names one, what they lack.

    Args:
        folder: Folder of weights.
        names: Weights of the network; what else the base has is left out.

    Raises:
        FileNotFoundError: If there are no weights.
        WeightsError: If the record cannot be read, or the base is not the one that it names.
    """
    state = load_file(folder / WEIGHTS)
    base = read_record(folder).base if (folder / RECORD).exists() else None
    if base is None:
        return state
    known = load_base(base)
    return {name: known[name] for name in names if name in known} | state
