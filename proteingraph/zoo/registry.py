"""The names of the shipped weights, and networks and trained tasks by name."""

from __future__ import annotations

import difflib
from fnmatch import fnmatchcase
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proteingraph.errors import WeightsError
from proteingraph.noise import NoiseSchedule
from proteingraph.pretrain.model import DenoisingModel
from proteingraph.zoo.record import RECORD, ModelRecord, check_files, read_record

if TYPE_CHECKING:
    from proteingraph.tasks import TaskModel

__all__ = [
    "create_model",
    "find_weights",
    "list_models",
    "load_model",
    "load_task",
    "model_record",
    "resolve_name",
]

SHIPPED = Path(__file__).parent / "weights"


def list_models(filter: str | None = None) -> list[str]:
    """Names of the shipped weights, as architecture.tag, sorted.

    Args:
        filter: Pattern such as ``"dsm_*"``, or a part of the name. (default: all)

    Example:
        >>> list_models("condres")
        ['condresnet.pdb2018']
    """
    names = sorted(path.parent.name for path in SHIPPED.glob(f"*/{RECORD}"))
    if filter is None:
        return names
    if any(sign in filter for sign in "*?["):
        return [name for name in names if fnmatchcase(name, filter)]
    return [name for name in names if filter in name]


def model_record(name: str) -> ModelRecord:
    """What is known of shipped weights.

    Args:
        name: As `list_models` gives it, or the architecture alone.

    Raises:
        WeightsError: If there are no weights of that name.
    """
    return read_record(SHIPPED / _full_name(name))


def create_model(name: str, pretrained: bool = True) -> DenoisingModel:
    """Make a network of the zoo.

    Args:
        name: As `list_models` gives it, or the architecture alone for its default weights.
        pretrained: Whether with its trained parameters, in evaluation mode, or with new ones drawn
            from torch's random numbers, in training mode. (default: :obj:`True`)

    Raises:
        WeightsError: If there is no such name, or its files are not those of its record.

    Example:
        >>> model = create_model("condresnet")
        >>> model.architecture, model.training
        ('cond_resnet', False)
    """
    model = _load_folder(SHIPPED / _full_name(name))
    if pretrained:
        return model
    settings = {**model.settings, "readout": 0}  # the scale is that of trained embeddings
    settings["schedule"] = NoiseSchedule(**settings["schedule"])
    return DenoisingModel(**settings)


def load_model(source: str | PathLike[str], **options: Any) -> DenoisingModel:
    """Load trained weights, in evaluation mode.

    Args:
        source: A name of the zoo, a folder that `DenoisingModel.save_pretrained` wrote, or the
            repository of such a folder on a hub, as ``"owner/name"``. A `Path`, or a text that
            begins with ``./``, is always a folder.
        options: What a download is to heed; see `DenoisingModel.from_pretrained`.

    Raises:
        WeightsError: If nothing of that name is found, or what is found cannot be loaded or is not
            what its record says.
    """
    folder = find_weights(source)
    if folder.is_dir():
        return _load_folder(folder)
    return DenoisingModel.from_pretrained(source, **options)


def load_task(source: str | PathLike[str]) -> TaskModel:
    """Load a trained task, in evaluation mode.

    Args:
        source: A name of the zoo, or a folder that `TaskModel.save_pretrained` wrote. A `Path`, or
            a text that begins with ``./``, is always a folder.

    Raises:
        WeightsError: If nothing of that name is found, or what is found is no task, cannot be
            loaded or is not what its record says.
    """
    from proteingraph.tasks import TaskModel

    folder = find_weights(source)
    if (folder / RECORD).exists():
        record = check_files(folder)
        if record.task is None:
            raise WeightsError(
                f"{record.name} is a network without a task to predict: `load_model` loads it"
            )
    return TaskModel.from_pretrained(folder)


def find_weights(source: str | PathLike[str]) -> Path:
    """Tell where weights are to be found, without loading them.

    Args:
        source: What `load_model` or `load_task` takes.

    Returns:
        Folder of a name of the zoo; any other source as it is.

    Raises:
        WeightsError: If it looks like a name of the zoo, and is none.
    """
    if isinstance(source, str):
        known = resolve_name(source)
        if known is not None:
            return SHIPPED / known
        if not source or not (set("/\\") & set(source) or Path(source).exists()):
            raise _unknown(source)
    return Path(source)


def _load_folder(folder: Path) -> DenoisingModel:
    if (folder / RECORD).exists():
        check_files(folder)
    return DenoisingModel.from_pretrained(folder)


def _full_name(name: str) -> str:
    known = resolve_name(name)
    if known is None:
        raise _unknown(name)
    return known


def resolve_name(name: str) -> str | None:
    """Full name of shipped weights, given that or the architecture alone; None for other texts."""
    names = list_models()
    if name in names:
        return name
    tags = [full for full in names if full.partition(".")[0] == name]
    return tags[0] if len(tags) == 1 else next((t for t in tags if _is_default(t)), None)


def _is_default(name: str) -> bool:
    return read_record(SHIPPED / name).default


def _unknown(name: str) -> WeightsError:
    names = list_models()
    architectures = {full.partition(".")[0]: full for full in names}
    near = difflib.get_close_matches(name, [*names, *architectures], n=3, cutoff=0.5)
    meant = f"did you mean {' or '.join(near)}? " if near else ""
    return WeightsError(
        f"{name!r} is no model of the zoo, and no folder of that name exists: {meant}"
        f"There are {', '.join(names)}"
    )
