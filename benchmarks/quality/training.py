"""Trainings of one network on models of known quality, each kept on disk once it is done."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import TypeAdapter

from benchmarks.common.annotated import AnnotatedPack
from benchmarks.common.kept import RESULT, kept_result
from benchmarks.quality.measures import judge, judge_kinds
from benchmarks.quality.models import LDDT, Models, examples_of
from proteingraph.files import replacing
from proteingraph.pretrain import DenoisingModel
from proteingraph.tasks import TaskConfig, TaskModel
from proteingraph.tasks.evaluate import calibrate
from proteingraph.tasks.predict import predict_scores

__all__ = ["MODES", "Job", "Settings", "predict_quality", "read_settings", "run_job"]

MODES = {"frozen": "frozen", "finetune": "fine-tuned", "scratch": "from scratch"}

Record = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """What all trainings have in common.

    Attributes:
        threaded: Number of models by threading beside the comparative ones.
        long_steps: Steps of a training that is to be as good as it can.
        sigma: Noise in Å that the network is told when it embeds.
        training: Settings of the training, but for `mode` and `seed`.
    """

    threaded: int
    long_steps: int
    sigma: float
    training: TaskConfig

    def of(self, job: Job) -> TaskConfig:
        """Settings of a training."""
        steps = self.long_steps if job.long else self.training.steps
        return replace(self.training, mode=job.mode, seed=job.seed, steps=steps)


@dataclass(frozen=True)
class Job:
    """One training.

    Attributes:
        mode: Of `TaskConfig`.
        seed: Seed.
        data: What is trained on; see `Models.trained_on`.
        long: Whether it is to be as good as it can, not one that others are compared with.
    """

    mode: str
    seed: int
    data: str = "comparative"
    long: bool = False

    @property
    def name(self) -> str:
        """Name of its folder."""
        return f"{self.mode}_{self.data}_{self.seed}" + ("_long" if self.long else "")


def read_settings(path: Path, steps: int | None = None) -> Settings:
    """Read settings, with another number of steps if one is given."""
    settings = TypeAdapter(Settings).validate_python(yaml.safe_load(path.read_text("utf-8")))
    if steps is None:
        return settings
    every = min(settings.training.validate_every, steps)
    training = replace(settings.training, steps=steps, validate_every=every)
    return replace(settings, long_steps=min(settings.long_steps, steps), training=training)


def run_job(job: Job, weights: Path, models: Models, settings: Settings, runs: Path) -> Record:
    """Train and judge, unless that was done before; the folder of the job keeps all.

    Args:
        job: The training.
        weights: Folder of the pre-trained network, whose shape a network from scratch has.
        models: Models.
        settings: Settings.
        runs: Folder of folders. A job's gets the trained task, `result.json`, and predictions for
            the comparative models to test with, `test.npz`.

    Raises:
        ConfigError: If the result that is there is of other settings.
    """
    from proteingraph.tasks.run import fit_target

    folder = runs / job.name
    config = settings.of(job)
    network = DenoisingModel.from_pretrained(weights)
    about = {**asdict(job), "settings": asdict(config), "sigma": settings.sigma}
    about |= {"weights": weights.name}
    if job.data == "threaded":
        about["threaded"] = settings.threaded
    if (known := kept_result(folder, about)) is not None:
        return known
    network.embedding_sigma = settings.sigma
    start = time.process_time()
    packs = models.trained_on(job.data)
    watched = examples_of([models.watched(job.data)])
    fitted = fit_target(network, examples_of(packs), watched, LDDT, config, folder / "steps")
    told = f"lDDT of CA of {sum(map(len, packs)):,} models, {fitted.steps} steps, {job.mode}"
    task = calibrate(fitted, watched, training={"task": told, "network": weights.name})
    seconds = time.process_time() - start
    task.save_pretrained(folder)
    record = {
        "about": about,
        "models": sum(map(len, packs)),
        "residues": sum(one.pack.num_residues for one in packs),
        "steps": fitted.steps,
        "seconds": round(seconds, 1),
        "validation_pearson": max(judged["score"] for judged in fitted.history),
        "history": fitted.history,
        **_judged(task, models, folder),
    }
    if job.mode == "finetune" and job.seed == 0:
        made = models.synthetic["test"]
        record["synthetic"] = judge(predict_quality(task, made), made)
    with replacing(folder / RESULT) as partial:
        partial.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return record


def predict_quality(task: TaskModel, models: AnnotatedPack) -> list[NDArray[np.float64]]:
    """Predicted lDDT of the residues of each model, ``[N_i]``."""
    scored = predict_scores(task.task, examples_of([models]))
    return [task.target.values(task.calibration(one.scores)).double().numpy() for one in scored]


def _judged(task: TaskModel, models: Models, folder: Path) -> Record:
    tested = models.comparative["test"]
    predicted = predict_quality(task, tested)
    with replacing(folder / "test.npz") as partial, partial.open("wb") as file:
        np.savez_compressed(file, lddt=np.concatenate(predicted).astype(np.float32))
    return {"test": judge(predicted, tested), "kinds": judge_kinds(predicted, tested)}
