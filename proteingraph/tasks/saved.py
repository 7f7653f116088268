"""Folders of trained tasks: network, head, what is predicted, and calibration."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from dataclasses import asdict, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from proteingraph.errors import WeightsError
from proteingraph.files import replacing
from proteingraph.pretrain import DenoisingModel
from proteingraph.pretrain.model import CONFIG, WEIGHTS
from proteingraph.tasks.calibration import Calibration, Interval
from proteingraph.tasks.config import TaskConfig
from proteingraph.tasks.heads import make_head
from proteingraph.tasks.target import Target
from proteingraph.zoo.record import HEAD, TASK, describe_file

if TYPE_CHECKING:
    from proteingraph.tasks.module import SupervisedTask

__all__ = ["FORMAT_VERSION", "HEAD", "TASK", "load_task", "save_task", "write_settings"]

FORMAT_VERSION = 1


def save_task(
    folder: str | PathLike[str],
    task: SupervisedTask,
    calibration: Calibration,
    threshold: float | None = None,
    features: tuple[str, ...] = (),
    training: Mapping[str, Any] | None = None,
    interval: Interval | None = None,
) -> None:
    """Save a trained task.

    The folder has the files of `DenoisingModel.save_pretrained`, so that it is one of weights too;
    ``head.safetensors``; and ``task.json``, which holds settings and the SHA-256 of the others and
    is written last.

    Args:
        folder: Made if need be.
        task: Network and head.
        calibration: Of its scores.
        threshold: Probability from which on an item is called positive.
        features: Names of the further features, if the head takes any.
        training: What to say about how the task came about.
        interval: Of the mean over a chain of predicted values of its residues.
    """
    folder = Path(folder)
    task.model.save_pretrained(folder, training)
    state = {
        name: value.contiguous().cpu()
        for name, value in task.state_dict().items()
        if not name.startswith("model.")
    }
    with replacing(folder / HEAD) as partial:
        partial.write_bytes(save(state, {"format_version": str(FORMAT_VERSION)}))
    settings = {
        "format_version": FORMAT_VERSION,
        "target": asdict(task.target),
        "settings": asdict(task.config),
        "features": list(features),
        "calibration": asdict(calibration),
        "threshold": threshold,
        "interval": None if interval is None else asdict(interval),
        "training": dict(training or {}),
    }
    write_settings(folder, settings)


def write_settings(folder: Path, settings: Mapping[str, Any]) -> None:
    """Write ``task.json``, with the SHA-256 of the other files as they are now."""
    files = {name: asdict(describe_file(folder / name)) for name in (WEIGHTS, CONFIG, HEAD)}
    with replacing(folder / TASK) as partial:
        text = json.dumps({**settings, "files": files}, indent=2)
        partial.write_text(text + "\n", encoding="utf-8")


def load_task(
    folder: str | PathLike[str],
) -> tuple[
    SupervisedTask, Calibration, float | None, tuple[str, ...], dict[str, Any], Interval | None
]:
    """Load what `save_task` saved, in evaluation mode.

    Returns:
        The arguments of `save_task` after the folder.

    Raises:
        WeightsError: If a file is absent, damaged, of another format version, or not the one that
            was saved with the others.
    """
    from proteingraph.tasks.module import SupervisedTask

    folder = Path(folder)
    settings = _read_settings(folder)
    _check_files(folder, settings)
    model = DenoisingModel.from_pretrained(folder)
    try:
        target = TypeAdapter(Target).validate_python(settings["target"])
        config = TypeAdapter(TaskConfig).validate_python(settings["settings"])
        calibration = TypeAdapter(Calibration).validate_python(settings["calibration"])
        threshold = TypeAdapter(float | None).validate_python(settings["threshold"])
        interval = TypeAdapter(Interval | None).validate_python(settings["interval"])
        features = tuple(TypeAdapter(list[str]).validate_python(settings["features"]))
    except (KeyError, ValidationError) as error:
        reason = textwrap.shorten(str(error), 300)
        raise WeightsError(f"{folder / TASK}: no settings of a task: {reason}") from error
    head = make_head(
        target.level,
        model.encoder,
        target.outputs,
        config.hidden,
        config.dropout,
        len(features),
        config.context,
        config.surroundings,
    )
    # What is loaded is not trained on; and a task from scratch would draw the network anew.
    task = SupervisedTask(model, head, replace(config, mode="frozen"), target)
    task.config = config
    try:
        state = load_file(folder / HEAD)
        network = {f"model.{name}": value for name, value in model.state_dict().items()}
        task.load_state_dict({**state, **network})
    except (SafetensorError, OSError, RuntimeError) as error:
        reason = textwrap.shorten(str(error), 300)
        raise WeightsError(f"{folder / HEAD}: does not fit {TASK}: {reason}") from error
    training = dict(settings.get("training") or {})
    return task.eval(), calibration, threshold, features, training, interval


def _read_settings(folder: Path) -> dict[str, Any]:
    path = folder / TASK
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise WeightsError(f"{folder}: no folder of a trained task ({TASK} is missing)") from error
    except (OSError, ValueError, RecursionError) as error:
        raise WeightsError(f"{path}: cannot be read as JSON: {error}") from error
    version = settings.get("format_version") if isinstance(settings, dict) else None
    if version != FORMAT_VERSION:
        raise WeightsError(
            f"{path}: a task of format version {version}, this release reads {FORMAT_VERSION}"
        )
    return settings  # type: ignore[no-any-return]


def _check_files(folder: Path, settings: dict[str, Any]) -> None:
    files = settings.get("files")
    for name in (WEIGHTS, CONFIG, HEAD):
        try:
            actual = asdict(describe_file(folder / name))
        except OSError as error:
            raise WeightsError(f"{folder / name}: cannot be read: {error.strerror}") from error
        if not isinstance(files, dict) or files.get(name) != actual:
            raise WeightsError(
                f"{folder / name}: not the file that {TASK} beside it describes: expected "
                f"{files.get(name) if isinstance(files, dict) else None}, got {actual}: train or "
                "copy the folder again"
            )
