"""Making of a folder of the zoo, from a run and what only a person knows of it.

    python -m proteingraph.zoo.publish RUN -o FOLDER --about DATA.yaml MODEL.yaml --results A.json

RUN is a folder that `proteingraph pretrain` wrote. FOLDER gets the weights, matrices in half
precision, their settings and their record; it is best called by the name that the YAML files give.
These hold the fields of `About`, the later file winning. Results are files that benchmarks wrote.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
import yaml
from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass
from safetensors.torch import load_file, save
from torch import Tensor

from proteingraph.datasets import CathScopMini
from proteingraph.errors import ConfigError, WeightsError
from proteingraph.files import replacing
from proteingraph.pretrain.model import CONFIG, WEIGHTS, DenoisingModel
from proteingraph.pretrain.sampling import estimate_gradient
from proteingraph.transforms import PerturbCoordinates
from proteingraph.zoo.record import (
    STRICT,
    FileRecord,
    ModelRecord,
    NoiseRecord,
    Results,
    RunRecord,
    TrainingData,
    describe_file,
    write_record,
)
from proteingraph.zoo.results import benchmark_results, validation_results

__all__ = ["TOLERANCE", "About", "output_change", "publish", "read_about"]

TOLERANCE = 0.01
"""Largest relative change of any output that storing weights in half precision may cause."""

DOMAINS = 4
SIGMAS = (10.0, 1.0, 0.1)


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
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ConfigError(f"{', '.join(map(str, files))}: {problems}") from error


def publish(run: Path, folder: Path, about: About, results: Sequence[Path] = ()) -> ModelRecord:
    """Write weights in half precision, their settings and their record to a folder.

    Args:
        run: Folder that `proteingraph.pretrain.run.pretrain` wrote.
        folder: Made if need be.
        about: What the run does not know.
        results: Files that benchmarks of these weights wrote. (default: the errors that the run
            ended with)

    Returns:
        The record.

    Raises:
        WeightsError: If the run's weights cannot be loaded, a value is too large for half
            precision, or outputs change by more than `TOLERANCE`.
        ConfigError: If something about them is missing, or a file of results is not theirs.
    """
    model = DenoisingModel.from_pretrained(run)
    training = json.loads((run / CONFIG).read_text(encoding="utf-8"))["training"]
    with tempfile.TemporaryDirectory() as work:
        half = Path(work)
        (half / WEIGHTS).write_bytes(save(_halved(load_file(run / WEIGHTS), run / WEIGHTS)))
        shutil.copyfile(run / CONFIG, half / CONFIG)
        weights = describe_file(half / WEIGHTS)
        hashes = frozenset({weights.sha256, describe_file(run / WEIGHTS).sha256})
        known = validation_results(training.get("metrics", {}), about.judged_on)
        measured = benchmark_results(results, hashes, known)
        record = _record(model, training, about, measured, run)
        change = output_change(model, DenoisingModel.from_pretrained(half))
        if not change <= TOLERANCE:
            raise WeightsError(
                f"{run}: in half precision, outputs change by {change:.2g} (relative), more than "
                f"{TOLERANCE:g}"
            )
        config = describe_file(half / CONFIG)
        record = replace(record, rounding=change, weights=weights, config=config)
        folder.mkdir(parents=True, exist_ok=True)
        for name in (CONFIG, WEIGHTS):
            with replacing(folder / name) as partial:
                shutil.copyfile(half / name, partial)
    write_record(folder, record)
    return record


def _halved(state: dict[str, Tensor], path: Path) -> dict[str, Tensor]:
    # Vectors (biases, norms, means) take next to no room.
    halved = {
        name: value.half() if value.is_floating_point() and value.dim() > 1 else value
        for name, value in state.items()
    }
    for name, value in halved.items():
        if not bool(value.isfinite().all()):
            raise WeightsError(f"{path}: {name} has values too large for half precision")
    return halved


@torch.no_grad()
def output_change(model: DenoisingModel, other: DenoisingModel) -> float:
    """Largest relative change of outputs from one network to another of the same shape.

    Compared are gradients at three levels of noise and embeddings of the native structures, on
    shipped domains that are held out: the norm of the difference over that of the output.
    """
    domains = CathScopMini("validation")
    largest = 0.0
    for row in range(0, len(domains), len(domains) // DOMAINS):
        outputs: list[dict[str, Tensor]] = []
        for network in (model, other):
            embedded = network.embed(domains[row])
            output = {name: getattr(embedded, name) for name in ("residue", "pair", "protein")}
            for sigma in SIGMAS:
                data = domains[row]
                data.seed = torch.tensor([row])
                data = PerturbCoordinates(network.schedule, sigma, network.backbone)(data)
                output[f"gradient at {sigma}"] = estimate_gradient(network, data, sigma)
            outputs.append(output)
        first, second = outputs
        for name, value in first.items():
            largest = max(largest, float((second[name] - value).norm() / value.norm()))
    return largest


def _record(
    model: DenoisingModel,
    training: dict[str, Any],
    about: About,
    results: Results,
    run: Path,
) -> ModelRecord:
    """What is known before the files are written."""
    unwritten, schedule = FileRecord("0" * 64, 1), model.schedule
    try:
        return ModelRecord(
            name=about.name,
            description=about.description,
            architecture=model.architecture,  # type: ignore[arg-type]
            parameters=sum(p.numel() for p in model.parameters()),
            dtype="float16",
            rounding=0.0,
            weights=unwritten,
            config=unwritten,
            licence=about.licence,
            objective=about.objective,
            noise=NoiseRecord(schedule.largest, schedule.smallest, schedule.levels, schedule.tilt),
            data=TrainingData(**asdict(about.data), chains=training["chains"]),
            run=RunRecord(
                command=about.command,
                commit=about.commit,
                hardware=f"{about.hardware} ({training['machine']}; {training['device']})",
                seconds=training["seconds"],
                steps=training["steps"],
                residues=training["residues"],
                seed=training["config"]["seed"],
                torch=training["torch"],
                init=training["init"],
            ),
            use=about.use,
            limits=tuple(about.limits),
            results=results,
            default=about.default,
        )
    except KeyError as error:
        raise ConfigError(
            f'{run / CONFIG}: no record of a run under "training": {error} is missing'
        ) from error
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ConfigError(f"{about.name}: {problems}") from error


def main() -> None:
    """Publish the run named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="folder of a run")
    parser.add_argument("--output", "-o", type=Path, required=True, help="folder to write")
    parser.add_argument("--about", type=Path, nargs="+", required=True, help="YAML files")
    parser.add_argument("--results", type=Path, nargs="*", default=[], help="JSON of benchmarks")
    arguments = parser.parse_args()
    about = read_about(arguments.about)
    record = publish(arguments.run, arguments.output, about, arguments.results)
    print(f"{record.name}: {record.size:,} bytes, outputs change by {record.rounding:.2e}")


if __name__ == "__main__":
    main()
