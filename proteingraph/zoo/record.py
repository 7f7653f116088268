"""Records: what is known of a set of weights, kept beside it as JSON."""

from __future__ import annotations

import errno
import hashlib
import json
from dataclasses import asdict, field
from os import PathLike
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from proteingraph.errors import WeightsError
from proteingraph.files import replacing
from proteingraph.pretrain.model import CONFIG, WEIGHTS
from proteingraph.zoo.fields import (
    STRICT,
    Commit,
    Count,
    CountOrZero,
    Hash,
    Name,
    NotNegative,
    Positive,
    Text,
    problems,
)
from proteingraph.zoo.measured import Results

__all__ = [
    "HEAD",
    "RECORD",
    "TASK",
    "BaseRecord",
    "FileRecord",
    "ModelRecord",
    "NoiseRecord",
    "RunRecord",
    "TaskRecord",
    "TrainingData",
    "check_files",
    "describe_file",
    "read_record",
    "write_record",
]

RECORD = "record.json"

HEAD, TASK = "head.safetensors", "task.json"


@dataclass(config=STRICT, frozen=True)
class FileRecord:
    """A file as it was published.

    Attributes:
        sha256: SHA-256 of its bytes, in hexadecimal.
        size: Its size in bytes.
    """

    sha256: Hash
    size: Count


@dataclass(config=STRICT, frozen=True)
class TrainingData:
    """What a network was trained on.

    Attributes:
        description: Which structures, and where they came from.
        licence: Terms of the data.
        chains: Number of chains trained on.
        held_out: What was left out, for whom.
        caveat: What may have been seen all the same.
    """

    description: Text
    licence: Text
    chains: Count
    held_out: Text
    caveat: Text


@dataclass(config=STRICT, frozen=True)
class NoiseRecord:
    """Noise that a network was trained on; see `NoiseSchedule`.

    Attributes:
        largest: Largest noise in Å.
        smallest: Smallest noise in Å.
        levels: Number of levels.
        tilt: 1 if all levels were drawn alike; above 1, small noise was drawn more often.
    """

    largest: Positive
    smallest: Positive
    levels: Count
    tilt: Positive


@dataclass(config=STRICT, frozen=True)
class RunRecord:
    """How weights came about.

    Attributes:
        command: Command line of the training run.
        commit: Commit of this repository that it was run at.
        hardware: Processor or accelerator, and how much of it.
        seconds: Wall-clock time of training.
        steps: Steps of the optimiser; 0 if all that differs from the base is in closed form.
        residues: Residues trained on, counted at each step; None if they were not counted.
        seed: Seed of parameters, order, crops and noise.
        torch: Version of torch.
        init: Weights that the run started from, if any.
    """

    command: Text
    commit: Commit
    hardware: Text
    seconds: Positive
    steps: CountOrZero
    residues: CountOrZero | None
    seed: int
    torch: Text
    init: str | None = None


@dataclass(config=STRICT, frozen=True)
class BaseRecord:
    """Weights of the zoo from which others differ.

    Attributes:
        name: Their name.
        sha256: SHA-256 of their file, in hexadecimal.
    """

    name: Name
    sha256: Hash


@dataclass(config=STRICT, frozen=True)
class TaskRecord:
    """What a network and its head predict; see `Target`.

    Attributes:
        level: ``"residue"``, ``"protein"`` or ``"pair"``.
        kind: ``"binary"``, ``"multiclass"`` or ``"regression"``.
        name: What the property is called.
        features: Names of the further features of residues that must be given.
        head: The file ``head.safetensors``.
        settings: The file ``task.json``.
        validation_chains: Number of chains that told when to stop, and calibrate.
        seeds: Seeds of the runs that results are of; the weights are of the one that `RunRecord`
            names.
    """

    level: Literal["residue", "protein", "pair"]
    kind: Literal["binary", "multiclass", "regression"]
    name: Text
    features: tuple[Text, ...]
    head: FileRecord
    settings: FileRecord
    validation_chains: Count
    seeds: Annotated[tuple[int, ...], Field(min_length=1)]


@dataclass(config=STRICT, frozen=True)
class ModelRecord:
    """All that is known of a set of weights.

    Attributes:
        name: Name in the zoo, as architecture.tag.
        description: What it is, in a sentence.
        architecture: As `DenoisingModel` has it.
        parameters: Number of parameters of the network.
        dtype: Type of the stored matrices; vectors, and all parameters once loaded, are float32.
        rounding: Largest relative change by storing them so, of the network's outputs, or of what a
            task predicts.
        weights: The file ``model.safetensors``.
        config: The file ``config.json``.
        licence: Terms of the weights, as an SPDX identifier.
        objective: What was minimised.
        noise: Noise trained on.
        data: Structures trained on; with a base, after it.
        run: How the weights came about.
        results: What was measured.
        use: What the weights are meant for.
        limits: What they are not good for, or not known to be.
        default: Whether the architecture's name alone means these weights.
        base: Weights that the network has wherever the file has none; None for a whole file.
        task: What is predicted; None for a network alone.
        record_version: Version of this format.
    """

    name: Name
    description: Text
    architecture: Literal["graph", "cond_resnet"]
    parameters: Count
    dtype: Literal["float16", "float32"]
    rounding: NotNegative
    weights: FileRecord
    config: FileRecord
    licence: Text
    objective: Text
    noise: NoiseRecord
    data: TrainingData
    run: RunRecord
    use: Text
    limits: Annotated[tuple[Text, ...], Field(min_length=1)]
    results: Results = field(default_factory=Results)
    default: bool = True
    base: BaseRecord | None = None
    task: TaskRecord | None = None
    record_version: Literal[1] = 1

    def __post_init__(self) -> None:
        if not self.run.steps and self.base is None:
            raise ValueError("weights of a run without a step need a base")
        if self.results.task and self.task is None:
            raise ValueError("results of a task need a task")

    @property
    def files(self) -> dict[str, FileRecord]:
        """The files beside the record, by their names."""
        files = {WEIGHTS: self.weights, CONFIG: self.config}
        if self.task is not None:
            files |= {HEAD: self.task.head, TASK: self.task.settings}
        return files

    @property
    def size(self) -> int:
        """Size of the weights in bytes, with those of the head."""
        return sum(file.size for name, file in self.files.items() if name in (WEIGHTS, HEAD))


def read_record(folder: str | PathLike[str]) -> ModelRecord:
    """Read the record of the weights in a folder.

    Raises:
        WeightsError: If there is none, or a value is missing, unknown or of the wrong type.
    """
    path = Path(folder) / RECORD
    try:
        return TypeAdapter(ModelRecord).validate_json(path.read_bytes())
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read: {error.strerror}") from error
    except ValidationError as error:
        reason = problems(error, "record")
        raise WeightsError(f"{path}: no record of weights: {reason}") from error


def write_record(folder: str | PathLike[str], record: ModelRecord) -> None:
    """Write a record beside its weights, whole or not at all."""
    with replacing(Path(folder) / RECORD) as partial:
        text = json.dumps(asdict(record), indent=2, ensure_ascii=False)
        partial.write_text(text + "\n", encoding="utf-8")


def describe_file(path: Path) -> FileRecord:
    """Size and SHA-256 of a file; raises OSError if it cannot be read or is empty."""
    content = path.read_bytes()
    if not content:
        raise OSError(errno.ENODATA, "the file is empty")
    return FileRecord(sha256=hashlib.sha256(content).hexdigest(), size=len(content))


def check_files(folder: str | PathLike[str]) -> ModelRecord:
    """Compare the files in a folder with what their record says.

    Returns:
        The record.

    Raises:
        WeightsError: If the record cannot be read, or a file is missing or differs from it.
    """
    folder = Path(folder)
    record = read_record(folder)
    for name, expected in record.files.items():
        path = folder / name
        try:
            actual = describe_file(path)
        except OSError as error:
            raise WeightsError(f"{path}: cannot be read: {error.strerror}") from error
        if actual != expected:
            raise WeightsError(
                f"{path}: not the file that {RECORD} beside it describes: expected SHA-256 "
                f"{expected.sha256} ({expected.size:,} bytes), got {actual.sha256} "
                f"({actual.size:,} bytes): install or download it again, or, if you changed it "
                f"yourself, remove {RECORD}"
            )
    return record
