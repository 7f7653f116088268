"""Records: what is known of a set of weights, kept beside it as JSON."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, field
from os import PathLike
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from proteingraph.errors import WeightsError
from proteingraph.files import replacing
from proteingraph.pretrain.model import CONFIG, WEIGHTS

__all__ = [
    "RECORD",
    "DenoisingResult",
    "FileRecord",
    "ModelRecord",
    "NoiseRecord",
    "Results",
    "RetrievalResult",
    "RunRecord",
    "TrainingData",
    "check_files",
    "describe_file",
    "read_record",
    "write_record",
]

RECORD = "record.json"

STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)

Text = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Commit = Annotated[str, Field(pattern=r"^[0-9a-f]{7,40}$")]
Name = Annotated[str, Field(pattern=r"^[a-z0-9_]+\.[a-z0-9_]+$")]


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
        steps: Steps of the optimiser.
        residues: Residues trained on, counted at each step.
        seed: Seed of parameters, order, crops and noise.
        torch: Version of torch.
        init: Weights that the run started from, if any.
    """

    command: Text
    commit: Commit
    hardware: Text
    seconds: Positive
    steps: Count
    residues: Count
    seed: int
    torch: Text
    init: str | None = None


@dataclass(config=STRICT, frozen=True)
class DenoisingResult:
    """Denoising of held-out structures at one level of noise.

    Attributes:
        sigma: Noise in Å.
        error: Mean squared error of the unit noise; 1 for predicting nothing.
        rmsd_perturbed: RMSD of CA with the noise, in Å, superposed; None if not measured.
        rmsd_denoised: RMSD after one denoising step, in Å; None if not measured.
    """

    sigma: Positive
    error: NotNegative
    rmsd_perturbed: NotNegative | None = None
    rmsd_denoised: NotNegative | None = None


@dataclass(config=STRICT, frozen=True)
class RetrievalResult:
    """Search for relatives among held-out domains.

    Attributes:
        method: What was compared: network and read-out.
        family: Share of a domain's family found before the first domain of another fold.
        superfamily: The same of its superfamily, other families only.
        fold: The same of its fold, other superfamilies only.
        top1: Share of domains whose nearest other one is of their superfamily.
    """

    method: Text
    family: Share
    superfamily: Share
    fold: Share
    top1: Share


@dataclass(config=STRICT, frozen=True)
class Results:
    """What a network was measured to do.

    Attributes:
        denoising_on: Structures, command and commit of the denoising figures.
        denoising: Figures by noise, largest first.
        retrieval_on: Structures, command and commit of the retrieval figures.
        retrieval: The network first, then what it is compared with.
    """

    denoising_on: str = ""
    denoising: tuple[DenoisingResult, ...] = ()
    retrieval_on: str = ""
    retrieval: tuple[RetrievalResult, ...] = ()

    def error_at(self, sigma: float) -> float | None:
        """Error of the unit noise at a noise in Å, if it was measured."""
        return next((row.error for row in self.denoising if row.sigma == sigma), None)


@dataclass(config=STRICT, frozen=True)
class ModelRecord:
    """All that is known of a set of weights.

    Attributes:
        name: Name in the zoo, as architecture.tag.
        description: What it is, in a sentence.
        architecture: As `DenoisingModel` has it.
        parameters: Number of parameters.
        dtype: Type of the stored matrices; vectors, and all parameters once loaded, are float32.
        rounding: Largest relative change of the network's outputs by storing them so.
        weights: The file ``model.safetensors``.
        config: The file ``config.json``.
        licence: Terms of the weights, as an SPDX identifier.
        objective: What was minimised.
        noise: Noise trained on.
        data: Structures trained on.
        run: How the weights came about.
        results: What was measured.
        use: What the weights are meant for.
        limits: What they are not good for, or not known to be.
        default: Whether the architecture's name alone means these weights.
        base: Name of the weights that these are to be added to; None for weights that are whole.
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
    base: None = None
    record_version: Literal[1] = 1

    @property
    def size(self) -> int:
        """Size of the weights in bytes."""
        return self.weights.size


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
        problems = "; ".join(
            f"{'.'.join(map(str, e['loc'])) or 'record'}: {e['msg']}" for e in error.errors()[:5]
        )
        raise WeightsError(f"{path}: no record of weights: {problems}") from error


def write_record(folder: str | PathLike[str], record: ModelRecord) -> None:
    """Write a record beside its weights, whole or not at all."""
    with replacing(Path(folder) / RECORD) as partial:
        text = json.dumps(asdict(record), indent=2, ensure_ascii=False)
        partial.write_text(text + "\n", encoding="utf-8")


def describe_file(path: Path) -> FileRecord:
    """Size and SHA-256 of a file."""
    content = path.read_bytes()
    return FileRecord(sha256=hashlib.sha256(content).hexdigest(), size=len(content))


def check_files(folder: str | PathLike[str]) -> ModelRecord:
    """Compare weights and settings in a folder with what their record says.

    Returns:
        The record.

    Raises:
        WeightsError: If the record cannot be read, or a file is missing or differs from it.
    """
    folder = Path(folder)
    record = read_record(folder)
    for name, expected in ((WEIGHTS, record.weights), (CONFIG, record.config)):
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
