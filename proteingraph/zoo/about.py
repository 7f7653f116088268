"""What only a person knows of a set of weights, read from YAML."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from proteingraph.errors import ConfigError
from proteingraph.zoo.fields import STRICT, problems

__all__ = ["About", "AboutData", "read_about"]


@dataclass(config=STRICT, frozen=True)
class AboutData:
    """What only a person knows of the structures; see `TrainingData`."""

    description: str
    licence: str
    held_out: str
    caveat: str


@dataclass(config=STRICT, frozen=True)
class About:
    """What only a person knows of a set of weights; see `ModelRecord`.

    Attributes:
        judged_on: Which structures the run itself judged held-out errors on.
        seeds: Seeds of the runs that the results of a task are of. (default: that of the run)
        training: What a run does not say of itself, by the names that pre-training uses:
            ``chains``, ``steps``, ``residues``, ``seconds``, ``torch``, ``machine``, ``device``,
            ``init``; of a task also ``validation_chains``. What the run says wins.
    """

    name: str
    description: str
    licence: str
    objective: str
    data: AboutData
    command: str
    commit: str
    hardware: str
    use: str
    limits: list[str]
    default: bool = True
    judged_on: str = ""
    seeds: list[int] = field(default_factory=list)
    training: dict[str, Any] = field(default_factory=dict)


def read_about(files: Iterable[Path]) -> About:
    """Read YAML files, the later winning.

    Raises:
        ConfigError: If a file cannot be read, or a field is missing, unknown or of a wrong type.
    """
    values: dict[str, Any] = {}
    for path in files:
        try:
            values |= yaml.safe_load(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
        except (yaml.YAMLError, TypeError, ValueError) as error:
            raise ConfigError(f"{path}: no plain YAML: {' '.join(str(error).split())}") from error
    try:
        return TypeAdapter(About).validate_python(values)
    except ValidationError as error:
        raise ConfigError(f"{', '.join(map(str, files))}: {problems(error)}") from error
