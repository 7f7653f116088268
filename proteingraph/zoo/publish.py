"""Making of a folder of the zoo, from a run and what only a person knows of it.

    python -m proteingraph.zoo.publish RUN -o FOLDER --about DATA.yaml MODEL.yaml --results A.json

RUN is a folder that `proteingraph pretrain` or `proteingraph finetune` wrote, or another of saved
weights or of a saved task that says how it came about. FOLDER gets the weights, matrices in half
precision, their settings and their record, and the head of a task; it is best called by the name
that the YAML files give. These hold the fields of `About`, the later file winning. Results are
files that benchmarks wrote. With `--base NAME`, only weights that are not those of NAME are stored.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from safetensors.torch import load_file, save

from proteingraph.errors import ConfigError, WeightsError
from proteingraph.files import replacing
from proteingraph.pretrain.model import CONFIG, WEIGHTS, DenoisingModel
from proteingraph.tasks import TaskModel
from proteingraph.tasks.saved import write_settings
from proteingraph.zoo.about import About, read_about
from proteingraph.zoo.change import TOLERANCE, halve, output_change, prediction_change
from proteingraph.zoo.difference import difference, load_base
from proteingraph.zoo.fields import problems
from proteingraph.zoo.measured import Results
from proteingraph.zoo.record import (
    HEAD,
    TASK,
    BaseRecord,
    ModelRecord,
    NoiseRecord,
    RunRecord,
    TaskRecord,
    TrainingData,
    describe_file,
    write_record,
)
from proteingraph.zoo.registry import model_record
from proteingraph.zoo.results import benchmark_results, validation_results

__all__ = ["publish"]


def publish(
    run: Path,
    folder: Path,
    about: About,
    results: Sequence[Path] = (),
    base: str | None = None,
) -> ModelRecord:
    """Write weights in half precision, their settings and their record to a folder.

    Args:
        run: Folder of saved weights, or of a saved task, that says how it came about.
        folder: Made if need be.
        about: What the run does not know.
        results: Files that benchmarks of these weights wrote. (default: the errors that the run
            ended with)
        base: Name of shipped weights that the run started from: only what differs from them is
            written. (default: all is)

    Returns:
        The record.

    Raises:
        WeightsError: If the run's weights cannot be loaded, a value is too large for half
            precision, or what comes out changes by more than `TOLERANCE`; or if there are no
            weights of the base's name, or they differ from others themselves.
        ConfigError: If something about them is missing, or a file of results is not theirs.
    """
    model = DenoisingModel.from_pretrained(run)
    start = None if base is None else _base(base)
    training = _training(run, about, start)
    with tempfile.TemporaryDirectory() as work:
        half = Path(work)
        _store(run, half, start)
        hashes = frozenset(describe_file(place / WEIGHTS).sha256 for place in (run, half))
        known = validation_results(training.get("metrics", {}), about.judged_on)
        measured = benchmark_results(results, hashes, known)
        try:
            record = _record(model, training, about, measured, half, start)
        except KeyError as error:
            raise ConfigError(
                f'{run / CONFIG}: no record of a run under "training", nor under that of the YAML '
                f"files: {error} is missing"
            ) from error
        write_record(half, record)
        record = replace(record, rounding=_change(run, half))
        if not record.rounding <= TOLERANCE:
            raise WeightsError(
                f"{run}: in half precision, outputs change by {record.rounding:.2g} (relative), "
                f"more than {TOLERANCE:g}"
            )
        folder.mkdir(parents=True, exist_ok=True)
        for name in record.files:
            with replacing(folder / name) as partial:
                shutil.copyfile(half / name, partial)
    write_record(folder, record)
    return record


def _base(name: str) -> BaseRecord:
    record = model_record(name)
    if record.base is not None:
        raise WeightsError(
            f"{record.name} differs from {record.base.name} itself: name whole weights as the base"
        )
    return BaseRecord(record.name, record.weights.sha256)


def _training(run: Path, about: About, base: BaseRecord | None) -> dict[str, Any]:
    """How a run came about: what it says itself, and else what a person says."""
    said = json.loads((run / CONFIG).read_text(encoding="utf-8"))["training"]
    training = {**({} if base is None else {"init": base.name}), **about.training, **said}
    if (run / TASK).exists():
        settings = json.loads((run / TASK).read_text(encoding="utf-8"))
        training["config"] = {"seed": settings["settings"]["seed"]}
        training["task"] = {**settings["target"], "features": settings["features"]}
    return training


def _store(run: Path, half: Path, base: BaseRecord | None) -> None:
    """Write all files but the record."""
    state = halve(load_file(run / WEIGHTS), run / WEIGHTS)
    if base is not None:
        state = difference(state, load_base(base))
    (half / WEIGHTS).write_bytes(save(state))
    shutil.copyfile(run / CONFIG, half / CONFIG)
    if (run / TASK).exists():
        (half / HEAD).write_bytes(save(halve(load_file(run / HEAD), run / HEAD)))
        write_settings(half, json.loads((run / TASK).read_text(encoding="utf-8")))


def _change(run: Path, half: Path) -> float:
    if (run / TASK).exists():
        return prediction_change(*map(TaskModel.from_pretrained, (run, half)))
    return output_change(*map(DenoisingModel.from_pretrained, (run, half)))


def _record(
    model: DenoisingModel,
    training: Mapping[str, Any],
    about: About,
    results: Results,
    half: Path,
    base: BaseRecord | None,
) -> ModelRecord:
    """What is known of the files in a folder, but for the change."""
    schedule = model.schedule
    where = "; ".join(training[key] for key in ("machine", "device") if key in training)
    try:
        return ModelRecord(
            name=about.name,
            description=about.description,
            architecture=model.architecture,  # type: ignore[arg-type]
            parameters=sum(p.numel() for p in model.parameters()),
            dtype="float16",
            rounding=0.0,
            weights=describe_file(half / WEIGHTS),
            config=describe_file(half / CONFIG),
            licence=about.licence,
            objective=about.objective,
            noise=NoiseRecord(schedule.largest, schedule.smallest, schedule.levels, schedule.tilt),
            data=TrainingData(**asdict(about.data), chains=training["chains"]),
            run=RunRecord(
                command=about.command,
                commit=about.commit,
                hardware=f"{about.hardware} ({where})" if where else about.hardware,
                seconds=training["seconds"],
                steps=training["steps"],
                residues=training.get("residues"),
                seed=training["config"]["seed"],
                torch=training["torch"],
                init=training["init"],
            ),
            use=about.use,
            limits=tuple(about.limits),
            results=results,
            default=about.default,
            base=base,
            task=_task(training, about, half) if "task" in training else None,
        )
    except ValidationError as error:
        raise ConfigError(f"{about.name}: {problems(error, 'record')}") from error


def _task(training: Mapping[str, Any], about: About, half: Path) -> TaskRecord:
    target = training["task"]
    return TaskRecord(
        level=target["level"],
        kind=target["kind"],
        name=target["name"],
        features=tuple(target["features"]),
        head=describe_file(half / HEAD),
        settings=describe_file(half / TASK),
        validation_chains=training["validation_chains"],
        seeds=tuple(about.seeds) or (training["config"]["seed"],),
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Publish the run named on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("run", type=Path, help="folder of a run")
    add("--output", "-o", type=Path, required=True, help="folder to write")
    add("--about", type=Path, nargs="+", required=True, metavar="YAML", help="YAML files")
    add("--results", type=Path, nargs="*", default=[], metavar="JSON", help="files of benchmarks")
    add("--base", metavar="NAME", help="shipped weights: only what differs from them is stored")
    arguments = parser.parse_args(argv)
    about = read_about(arguments.about)
    record = publish(arguments.run, arguments.output, about, arguments.results, arguments.base)
    print(f"{record.name}: {record.size:,} bytes, outputs change by {record.rounding:.2e}")


if __name__ == "__main__":
    main()
