"""Trained tasks with what they are called, and checks of what they predict."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from proteingraph.errors import ConfigError
from proteingraph.zoo.fingerprint import fingerprint_of

if TYPE_CHECKING:
    from proteingraph.tasks import TaskModel

__all__ = ["NamedTask", "TaskSource", "open_residue_task"]


@dataclass(frozen=True, eq=False)
class NamedTask:
    """A trained task, and what tells which.

    Attributes:
        task: The task.
        name: What to call it: its name in the zoo, that of its folder, or of what it predicts.
        fingerprint: SHA-256 of all that its predictions come from, however it is stored: weights of
            network and head, settings and calibration.
    """

    task: TaskModel
    name: str
    fingerprint: str


TaskSource = str | PathLike[str] | NamedTask


def open_residue_task(source: TaskSource, kind: str, what: str) -> NamedTask:
    """Load a task that predicts something of residues, from the structure alone.

    Args:
        source: Name of a task of the zoo, folder of a trained task, or a task loaded already.
        kind: ``"binary"``, or ``"bounded"`` for values from 0 to 1.
        what: What is to be predicted, for the message.

    Raises:
        WeightsError: If there is no such task, or it is damaged.
        ConfigError: If it predicts something else, or needs further features.
    """
    named = source if isinstance(source, NamedTask) else _load(source)
    target = named.task.target
    bounded = "bounded " if target.bounded else ""
    wanted = {"binary": "binary", "bounded": "bounded regression"}[kind]
    found = f"{bounded}{target.kind}"
    if (found, target.level) != (wanted, "residue"):
        raise ConfigError(
            f"{named.name}: a task of the wrong kind for {what}: it predicts {target.name!r} "
            f"({found} of each {target.level}); needed is {wanted} of each residue"
        )
    if named.task.features:
        raise ConfigError(
            f"{named.name}: predicts {target.name!r} from further features of residues "
            f"({', '.join(named.task.features)}), which a structure file does not have: name a "
            "task without, or use TaskModel.predict"
        )
    return named


def _load(source: str | PathLike[str]) -> NamedTask:
    from proteingraph.zoo import load_task, resolve_name

    task = load_task(source)
    known = resolve_name(source) if isinstance(source, str) else None
    name = known or Path(source).resolve().name
    settings = {
        **task.task.model.settings,
        "target": asdict(task.target),
        "calibration": asdict(task.calibration),
        "threshold": task.threshold,
    }
    return NamedTask(task, name, fingerprint_of(settings, task.task.state_dict()))
