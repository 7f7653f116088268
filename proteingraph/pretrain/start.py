"""What a run starts from: nothing, saved weights, or its own checkpoint."""

from __future__ import annotations

import zlib
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

from proteingraph.datasets.protocol import Corpus
from proteingraph.errors import ConfigError
from proteingraph.pretrain.checkpoints import kept_checkpoints, newest_checkpoint
from proteingraph.pretrain.config import (
    ModelConfig,
    NoiseConfig,
    PretrainConfig,
    flat_settings,
    load_config,
)
from proteingraph.pretrain.growth import GROWS, grow
from proteingraph.pretrain.model import UNFIT, WEIGHTS, DenoisingModel

__all__ = ["check_vacant", "corpus_fingerprint", "initial_model", "read_checkpoint"]

# What a resumed run may set anew without leaving its curve.
MAY_CHANGE = (
    "validate_every",
    "checkpoint_every",
    "data.workers",
    "data.validation_sigmas",
    "hardware.accelerator",
    "hardware.devices",
    "hardware.nodes",
    "hardware.strategy",
    "hardware.timeout",
)


def initial_model(
    init: str | PathLike[str], config: PretrainConfig
) -> tuple[DenoisingModel, PretrainConfig]:
    """Load weights to continue from, and bring the settings in line with them.

    Settings of `model` and `noise` that are left at their defaults follow the weights. The graph
    network can be told other noise levels and another `embedding_sigma` than it was trained with,
    and grows where more layers or hidden channels are asked for (see `grow`); everything else that
    differs from the weights is refused.

    Args:
        init: Folder of saved weights.
        config: Settings of the new run.

    Returns:
        The network, and the settings with what holds for it.

    Raises:
        WeightsError: If the weights cannot be loaded.
        ConfigError: If a setting contradicts them.
    """
    model = DenoisingModel.from_pretrained(init)
    asked, default = config.model, ModelConfig()
    if asked.architecture not in (default.architecture, model.architecture):
        raise ConfigError(
            f"model.architecture={asked.architecture} is not that of the weights in {init}, "
            f"{model.architecture}: leave it out, or train from scratch"
        )
    graph = {} if model.graph is None else model.graph.config
    _check_same("graph", asked.graph, graph, init)
    known = model.encoder.config
    larger = {n: v for n, v in asked.encoder.items() if n in GROWS and _exceeds(v, known.get(n))}
    same = {name: value for name, value in asked.encoder.items() if name not in larger}
    _check_same("encoder", same, known, init)
    if larger:
        try:
            model = grow(model, larger)
        except UNFIT as error:
            raise ConfigError(f"model.encoder: {error}") from error
    if config.noise != NoiseConfig():
        try:
            model.set_schedule(config.noise.schedule())
        except ValueError as error:
            raise ConfigError(f"noise: {error}") from error
    if asked.embedding_sigma != default.embedding_sigma:
        model.embedding_sigma = asked.embedding_sigma
    model.set_readout(None)  # its scale is that of the embeddings before this training
    settings = model.settings
    del settings["readout"]
    schedule = settings.pop("schedule")
    return model, replace(
        config, model=ModelConfig(**settings, readout=asked.readout), noise=NoiseConfig(**schedule)
    )


def _check_same(
    group: str, asked: dict[str, Any], known: dict[str, Any], init: str | PathLike[str]
) -> None:
    for name, value in asked.items():
        if name not in known or _plain(value) != _plain(known[name]):
            raise ConfigError(
                f"model.{group}.{name}={value} is not that of the weights in {init}, "
                f"{known.get(name, 'which have none')}: leave it out, or train from scratch"
            )


def _exceeds(value: Any, known: Any) -> bool:
    return type(value) is int and type(known) is int and value > known


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def corpus_fingerprint(corpus: Corpus) -> list[int]:
    """Numbers that tell one corpus from another: chains, residues, checksum of the names."""
    names = "\n".join(corpus.names.tolist()).encode()
    return [len(corpus), corpus.num_residues, zlib.crc32(names)]


def check_vacant(folder: Path, checkpoint: Path, resume: bool) -> None:
    """Raise ConfigError if a folder holds a run that is not to be resumed, or cannot be.

    Args:
        folder: Folder of the run; need not exist.
        checkpoint: Where its checkpoint would be.
        resume: Whether it is to be resumed.
    """
    kept = kept_checkpoints(checkpoint)
    if kept and not resume:
        raise ConfigError(f"{folder} holds a run already: resume it, or name another folder")
    if not kept and (folder / WEIGHTS).exists():
        raise ConfigError(
            f"{folder} holds weights already, and no checkpoint to go on from: name another "
            "folder (and continue from these weights with init, if that is what you want)"
        )


def read_checkpoint(
    folder: Path, checkpoint: Path, config: PretrainConfig, train: Corpus, resume: bool
) -> tuple[Path | None, dict[str, Any] | None]:
    """Read what the newest whole checkpoint tells of its run, after checking that it may go on.

    Args:
        folder: Folder of the run.
        checkpoint: Where its checkpoint would be.
        config: Settings asked for.
        train: Chains to train on.
        resume: Whether it is to be resumed.

    Returns:
        The file and its record; None and None if the folder holds no run.

    Raises:
        ConfigError: If there is a run but it is not to be resumed, or it has other settings or
            another corpus, or there are weights that nothing can be resumed from, or all its
            checkpoints are damaged.
    """
    check_vacant(folder, checkpoint, resume)
    found = newest_checkpoint(checkpoint, _understand, "pre-training run")
    if found is None:
        return None, None
    path, (known, theirs) = found
    ours = flat_settings(config.to_dict())
    changed = [
        name
        for name in dict.fromkeys([*ours, *theirs])
        if ours.get(name) != theirs.get(name) and name not in MAY_CHANGE
    ]
    if changed:
        was = ", ".join(f"{name}={theirs.get(name)}" for name in changed)
        raise ConfigError(
            f"{folder} was started with other settings ({was}): resume it with the same, or name "
            "another folder"
        )
    if known.get("corpus", corpus_fingerprint(train)) != corpus_fingerprint(train):
        raise ConfigError(
            f"{folder} was started on {known['corpus'][0]} other chains: resume it with the same, "
            "or name another folder"
        )
    return path, known


def _understand(content: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a checkpoint tells of its run, and the settings that were asked for."""
    known: dict[str, Any] = content["pretrain"]
    # Settings that its release did not know were at their defaults.
    return known, flat_settings(load_config(known.get("asked", known["config"])).to_dict())
