"""Trained networks by folder, and untrained ones of the same shape."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from proteingraph.errors import ConfigError
from proteingraph.noise import NoiseSchedule
from proteingraph.pretrain import DenoisingModel

__all__ = ["Network", "load_networks"]


@dataclass(frozen=True, eq=False)
class Network:
    """A network under a name.

    Attributes:
        name: Name in tables and records: what the folder is called, or ``untrained``.
        model: The network, in evaluation mode.
        seed: Seed of an untrained network; None for a trained one.
        folder: Folder of the weights; None for an untrained one.
    """

    name: str
    model: DenoisingModel
    seed: int | None = None
    folder: Path | None = None

    @property
    def shape(self) -> dict[str, Any]:
        """Settings of an untrained network like it: the scale is that of trained embeddings."""
        return {**self.model.settings, "readout": 0}

    def describe(self) -> dict[str, Any]:
        """What a record says of the network."""
        model = self.model
        about: dict[str, Any] = {
            "architecture": model.architecture,
            "parameters": sum(p.numel() for p in model.parameters()),
        }
        if self.folder is None:
            return {**about, "seed": self.seed}
        digest = hashlib.sha256((self.folder / "model.safetensors").read_bytes()).hexdigest()
        return {**about, "weights_sha256": digest}


def load_networks(folders: Sequence[Path], untrained_seeds: Iterable[int] = ()) -> list[Network]:
    """Load networks, and make untrained ones beside.

    Args:
        folders: Folders that `DenoisingModel.save_pretrained` wrote.
        untrained_seeds: Seeds of untrained networks, made anew for each shape among the trained
            ones. All of a shape have one name: ``untrained``, followed by the name of the first
            trained network of that shape if there are several shapes. (default: none)

    Returns:
        Trained networks in the order of the folders, then untrained ones.

    Raises:
        WeightsError: If weights cannot be loaded.
        ConfigError: If a folder is named twice.
    """
    names = _names(folders)
    trained = [
        Network(name, DenoisingModel.from_pretrained(folder), folder=folder)
        for name, folder in zip(names, folders, strict=True)
    ]
    shapes: dict[str, Network] = {}
    for network in trained:
        shapes.setdefault(json.dumps(network.shape, sort_keys=True), network)
    seeds = list(untrained_seeds)
    untrained = []
    for network in shapes.values():
        name = "untrained" if len(shapes) == 1 else f"untrained {network.name}"
        untrained += [Network(name, _untrained(network.shape, seed), seed) for seed in seeds]
    return trained + untrained


def _untrained(shape: dict[str, Any], seed: int) -> DenoisingModel:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made = DenoisingModel(**{**shape, "schedule": NoiseSchedule(**shape["schedule"])})
    return made.eval()


def _names(folders: Sequence[Path]) -> list[str]:
    """Last parts of the paths, as many as tell them apart."""
    paths = [folder.resolve() for folder in folders]
    if len(set(paths)) < len(paths):
        raise ConfigError(f"a folder of weights is named twice: {', '.join(map(str, folders))}")
    parts = 1
    while len({path.parts[-parts:] for path in paths}) < len(paths):
        parts += 1
    return ["/".join(path.parts[-parts:]) for path in paths]
