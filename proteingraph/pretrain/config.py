"""Settings of a pre-training run, from YAML files and `key=value` overrides."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import asdict, field
from os import PathLike
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from proteingraph.errors import ConfigError
from proteingraph.noise import NOISE_RANGE, NoiseSchedule
from proteingraph.pretrain.plain_yaml import parse_yaml

__all__ = [
    "DataConfig",
    "HardwareConfig",
    "JointConfig",
    "ModelConfig",
    "NoiseConfig",
    "OptimizerConfig",
    "PretrainConfig",
    "flat_settings",
    "load_config",
    "load_settings",
]

SHOWN = 10

T = TypeVar("T")

STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)

Count = Annotated[int, Field(ge=1)]
CountOrZero = Annotated[int, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Noise = Annotated[float, Field(ge=NOISE_RANGE[0], le=NOISE_RANGE[1])]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Share = Annotated[float, Field(ge=0, le=1)]


@dataclass(config=STRICT)
class ModelConfig:
    """What is trained.

    Attributes:
        architecture: ``"graph"`` (message passing) or ``"cond_resnet"`` (the paper's dense one).
        graph: Arguments of `ResidueGraph` that differ from its defaults.
        encoder: Arguments of the encoder that differ from its defaults.
        embedding_sigma: Noise level in Å that the network is told when it embeds native structures.
        readout: Columns of protein embeddings, whose scale is found after training; 0 leaves them
            as they are pooled.
    """

    architecture: Literal["graph", "cond_resnet"] = "graph"
    graph: dict[str, Any] = field(default_factory=dict)
    encoder: dict[str, Any] = field(default_factory=dict)
    embedding_sigma: Noise = 0.5
    readout: CountOrZero = 512


@dataclass(config=STRICT)
class NoiseConfig:
    """Noise levels trained on; see `NoiseSchedule`.

    Attributes:
        largest: Largest noise in Å.
        smallest: Smallest noise in Å.
        levels: Number of levels.
        tilt: 1 draws all levels alike; above 1, small noise is drawn more often.
    """

    largest: Noise = 10.0
    smallest: Noise = 0.05
    levels: Count = 61
    tilt: Positive = 1.0

    def __post_init__(self) -> None:
        self.schedule()

    def schedule(self) -> NoiseSchedule:
        """The levels, as a network knows them."""
        return NoiseSchedule(self.largest, self.smallest, self.levels, self.tilt)


@dataclass(config=STRICT)
class DataConfig:
    """How structures are cropped and batched.

    Attributes:
        crop: Longest stretch of residues that is trained on.
        residues: Residues in a batch, about: of all devices together.
        workers: Processes of each device that prepare batches; 0 prepares them where it trains.
        validation_sigmas: Noise in Å at which held-out structures are judged.
        readout_chains: Chains that tell the scale of protein embeddings, at most.
    """

    crop: Count = 256
    residues: Count = 1600
    workers: CountOrZero = 0
    validation_sigmas: Annotated[list[Noise], Field(min_length=1)] = field(
        default_factory=lambda: [10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1, 0.05]
    )
    readout_chains: Count = 400


@dataclass(config=STRICT)
class JointConfig:
    """Residue types predicted beside the gradient, of residues whose types are hidden.

    Attributes:
        weight: Weight of the cross-entropy of hidden types (nats) beside the error of the unit
            noise; 0 hides and predicts none.
        mask_rate: Share of residues whose types are hidden.
    """

    weight: Annotated[float, Field(ge=0)] = 0.0
    mask_rate: Annotated[float, Field(gt=0, le=1)] = 0.15


@dataclass(config=STRICT)
class OptimizerConfig:
    """How the network is optimised, by AdamW.

    Attributes:
        learning_rate: Highest learning rate.
        final_learning_rate: Share of it that the cosine schedule ends at.
        warmup_steps: Steps of linear warm-up.
        weight_decay: Decoupled weight decay.
        clip_norm: Largest norm of the gradient.
    """

    learning_rate: Positive = 2e-3
    final_learning_rate: Share = 0.01
    warmup_steps: CountOrZero = 50
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    clip_norm: Positive = 1.0


@dataclass(config=STRICT)
class HardwareConfig:
    """Where a run computes, and how exactly; what is trained on stays the same on any number.

    Attributes:
        accelerator: ``"auto"`` takes a GPU if torch sees one, else the CPU.
        devices: Devices on each node, and processes, one for each.
        nodes: Machines.
        strategy: ``"ddp"`` keeps a copy of the network on each device, ``"fsdp"`` shares out its
            parameters and the optimiser's memory among them.
        precision: ``"bf16-mixed"`` and ``"16-mixed"`` multiply matrices in 16 bits.
        matmul: ``"high"`` lets a GPU multiply 32-bit matrices with 10 bits of mantissa (TF32).
        timeout: Minutes that processes wait for one that does not answer.
    """

    accelerator: Literal["auto", "cpu", "gpu"] = "auto"
    devices: Count = 1
    nodes: Count = 1
    strategy: Literal["ddp", "fsdp"] = "ddp"
    precision: Literal["32-true", "bf16-mixed", "16-mixed"] = "32-true"
    matmul: Literal["highest", "high"] = "highest"
    timeout: Positive = 10.0

    def __post_init__(self) -> None:
        if self.strategy == "fsdp" and self.precision == "16-mixed":
            raise ValueError("fsdp computes in 32-true or bf16-mixed, not in 16-mixed")


@dataclass(config=STRICT)
class PretrainConfig:
    """A pre-training run.

    Attributes:
        steps: Number of optimiser steps; None leaves it to `minutes`.
        minutes: Wall-clock time of training; None leaves it to `steps`. The learning rate falls
            with whichever of the two is closer to its end. A run limited by time alone is not
            reproducible to the bit.
        validate_every: Steps between judgements of held-out structures; 0 judges at the end only.
        checkpoint_every: Steps between checkpoints.
        seed: Seed of parameters, order, crops and noise.
        model: What is trained.
        noise: Noise levels.
        joint: Prediction of hidden residue types.
        data: Crops and batches.
        optimizer: Optimisation.
        hardware: Devices and precision.
    """

    steps: Count | None = 2000
    minutes: Positive | None = None
    validate_every: CountOrZero = 500
    checkpoint_every: Count = 250
    seed: Seed = 0
    model: ModelConfig = field(default_factory=ModelConfig)
    noise: NoiseConfig = field(default_factory=NoiseConfig)
    joint: JointConfig = field(default_factory=JointConfig)
    data: DataConfig = field(default_factory=DataConfig)
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    hardware: HardwareConfig = field(default_factory=HardwareConfig)

    def __post_init__(self) -> None:
        if self.steps is None and self.minutes is None:
            raise ValueError("give a number of steps, of minutes, or both")

    def to_dict(self) -> dict[str, Any]:
        """Settings as nested dictionaries of plain values."""
        return asdict(self)


def flat_settings(settings: dict[str, Any], group: str = "") -> dict[str, Any]:
    """Nested settings by their full names.

    Example:
        >>> flat_settings({"steps": 10, "data": {"crop": 64}})
        {'steps': 10, 'data.crop': 64}
    """
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, dict) and value:
            flat.update(flat_settings(value, f"{group}{name}."))
        else:
            flat[group + name] = value
    return flat


def load_config(
    source: str | PathLike[str] | dict[str, Any] | None = None, overrides: Iterable[str] = ()
) -> PretrainConfig:
    """Read settings.

    Args:
        source: YAML file, nested dictionary, or None for the defaults.
        overrides: Settings that win, as ``"optimizer.learning_rate=1e-3"``; the value is YAML.

    Returns:
        The settings, checked.

    Raises:
        ConfigError: If the file cannot be read, a name is unknown, or a value is of the wrong type.
    """
    return load_settings(PretrainConfig, source, overrides)


def load_settings(
    kind: type[T], source: str | PathLike[str] | dict[str, Any] | None, overrides: Iterable[str]
) -> T:
    """Read settings of any kind; see :func:`load_config`.

    Args:
        kind: Pydantic dataclass of the settings.
        source: YAML file, nested dictionary, or None for the defaults.
        overrides: Settings that win.

    Raises:
        ConfigError: If the file cannot be read, a name is unknown, or a value is of the wrong type.
    """
    if isinstance(source, dict):
        values, where = copy.deepcopy(source), "settings"
    elif source is None:
        values, where = {}, "settings"
    else:
        values, where = _read_yaml(Path(source)), str(source)
    for override in overrides:
        name, equals, text = override.partition("=")
        if not equals or not name:
            raise ConfigError(f"{override!r:.80} is not of the form name=value")
        try:
            _assign(values, name.split("."), parse_yaml(text))
        except yaml.YAMLError as error:
            reason = " ".join(str(error).split())
            raise ConfigError(f"{override!r:.80}: the value is no YAML: {reason}") from error
    try:
        return TypeAdapter(kind).validate_python(values)
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, e['loc'])) or 'run'}: {e['msg']}" for e in error.errors()]
        more = len(problems) - SHOWN
        told = "; ".join(problems[:SHOWN]) + (f"; and {more:,} more" if more > 0 else "")
        raise ConfigError(f"{where}: {told}") from error


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        values = parse_yaml(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: no plain YAML: {' '.join(str(error).split())}") from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: expected names with values, found {type(values).__name__}")
    return values


def _assign(values: dict[str, Any], path: list[str], value: Any) -> None:
    for name in path[:-1]:
        inner = values.setdefault(name, {})
        if not isinstance(inner, dict):
            raise ConfigError(f"{'.'.join(path)}: {name} holds a value, not a group of settings")
        values = inner
    values[path[-1]] = value
