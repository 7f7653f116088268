"""Trainings of one network on interface sites, each kept on disk once it is done."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from pydantic import TypeAdapter

from benchmarks.common.annotated import AnnotatedPack
from benchmarks.common.kept import RESULT, kept_result
from benchmarks.common.sites import EVOLUTIONARY, load_graphppis, load_ppbs, resembling
from proteingraph.errors import ConfigError
from proteingraph.files import replacing
from proteingraph.pretrain import DenoisingModel
from proteingraph.tasks import Target, TaskConfig, TaskModel
from proteingraph.tasks.evaluate import calibrate, evaluate
from proteingraph.tasks.examples import Examples
from proteingraph.tasks.predict import predict_scores

__all__ = [
    "FEATURES",
    "MODES",
    "PREDICTED",
    "SITE",
    "TRACKS",
    "Job",
    "Settings",
    "read_settings",
    "run_job",
]

SITE = Target(level="residue", kind="binary", name="interface site")
MODES = {"frozen": "frozen", "finetune": "fine-tuned", "scratch": "from scratch"}
TRACKS = {"structure": "structure and sequence", "evolutionary": "with evolutionary features"}
FEATURES = (*EVOLUTIONARY, "dssp")
"""Those that GraphPPIS is published with."""
PREDICTED = "test.npz"

Record = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """What all trainings have in common.

    Attributes:
        sigma: Noise in Å that the network is told when it embeds.
        training: Settings of the training, but for `mode` and `seed`.
        evolutionary: Those that differ with evolutionary features.
        ppbs: Those that differ where the chains of PPBS are trained on alone.
        ppbs_finetune: And where a network is fine-tuned on these.
    """

    sigma: float
    training: TaskConfig
    evolutionary: dict[str, Any]
    ppbs: dict[str, Any]
    ppbs_finetune: dict[str, Any]

    def of(self, job: Job) -> TaskConfig:
        """Settings of a training; of few labels fewer steps, by the root of their share."""
        config = replace(self.training, mode=job.mode, seed=job.seed)
        config = replace(config, **(self.evolutionary if job.track == "evolutionary" else {}))
        if job.data == "both" and job.mode == "scratch":
            config = replace(config, mode="finetune")  # what was from scratch is trained on PPBS
        if job.data == "ppbs":
            tuned = self.ppbs_finetune if job.mode == "finetune" else {}
            config = replace(config, **{**self.ppbs, **tuned})
        root = job.share**0.5
        return replace(
            config, steps=round(config.steps * root), probe_steps=round(config.probe_steps * root)
        )


@dataclass(frozen=True)
class Job:
    """One training.

    Attributes:
        mode: Of `TaskConfig`.
        seed: Seed, of the choice of labels too.
        data: ``"graphppis"`` (tested on Test_60), ``"ppbs"``, or ``"both"`` (tested on Test_60):
            as the first, with an encoder that was trained on the second before: fine-tuned, or from
            scratch.
        track: ``"structure"`` or ``"evolutionary"``.
        share: Share of the labelled chains that is trained on.
    """

    mode: str
    seed: int
    data: str = "graphppis"
    track: str = "structure"
    share: float = 1.0

    @property
    def name(self) -> str:
        """Name of its folder."""
        return f"{self.data}_{self.track}_{self.share * 100:g}_{self.mode}_{self.seed}"


def read_settings(path: Path) -> Settings:
    """Read settings.

    Raises:
        ConfigError: If one is unknown or out of range.
    """
    try:
        return TypeAdapter(Settings).validate_python(yaml.safe_load(path.read_text("utf-8")))
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{path}: {error}") from error


def load_data(name: str, root: Path) -> dict[str, AnnotatedPack]:
    """Chains with labels to train on, to validate with and to test with.

    No chain of PPBS that resembles one of Test_60 is trained on. With `both`, nothing is validated
    with that resembles a chain of PPBS that was trained on before.
    """
    if name == "ppbs":
        return load_ppbs(root, backbone=False)
    packs = load_graphppis(root)
    if name == "both":
        seen = load_ppbs(root, backbone=False)
        known = np.concatenate([seen[split].pack.names for split in ("train", "validation")])
        watched = packs["validation"]
        packs["validation"] = watched.subset(~resembling(root, watched.pack.names, known))
    return packs


def examples_of(pack: AnnotatedPack, track: str) -> Examples:
    """Chains with labels of their residues, and with their features if the track has these."""
    labels = [np.asarray(site) for site in pack.each("site")]
    if track == "structure":
        return Examples(pack.pack, labels)
    columns = zip(*(pack.each(name) for name in FEATURES), strict=True)
    return Examples(pack.pack, labels, [np.concatenate(each, axis=1) for each in columns])


def choose(examples: Examples, share: float, seed: int) -> Examples:
    """A share of the chains, drawn by a seed; of two shares the smaller is part of the larger."""
    order = np.random.default_rng(seed).permutation(len(examples))
    return examples.subset(np.sort(order[: max(1, round(share * len(order)))]).tolist())


def run_job(job: Job, weights: Path, root: Path, settings: Settings, runs: Path) -> Record:
    """Train and judge, unless that was done before; the folder of the job keeps all.

    Args:
        job: The training.
        weights: Folder of the pre-trained network, whose shape a network from scratch has.
        root: Folder of the corpus.
        settings: Settings.
        runs: Folder of folders. A job's gets the trained task, `result.json`, and the calibrated
            probabilities of the test chains, `test.npz`.

    Raises:
        ConfigError: If the result that is there is of other settings.
    """
    from proteingraph.tasks.run import fit_target

    folder = runs / job.name
    config = settings.of(job)
    about = {**asdict(job), "settings": asdict(config), "sigma": settings.sigma}
    about["weights"] = weights.name
    if (known := kept_result(folder, about)) is not None:
        return known
    network = make_network(job, weights, root, settings, runs)
    packs = load_data(job.data, root)
    labelled, watched, tested = (
        examples_of(packs[split], job.track) for split in ("train", "validation", "test")
    )
    trained_on = choose(labelled, job.share, job.seed)
    start = time.process_time()
    fitted = fit_target(network, trained_on, watched, SITE, config, folder / "steps")
    seconds = time.process_time() - start
    told = f"{SITE.name}s of {len(trained_on):,} chains, {fitted.steps} steps, {MODES[job.mode]}"
    if job.data == "both":
        told += ", after those of PPBS"
    names = () if job.track == "structure" else feature_names(packs["train"])
    task = calibrate(fitted, watched, names, {"task": told, "network": weights.name})
    task.save_pretrained(folder)
    scored = predict_scores(task.task, tested)
    values = [SITE.values(task.calibration(one.scores)).numpy() for one in scored]
    with replacing(folder / PREDICTED) as partial, partial.open("wb") as file:
        np.savez_compressed(file, probability=np.concatenate(values).astype(np.float32))
    record = {
        "about": about,
        "chains": len(trained_on),
        "residues": int(trained_on.corpus.lengths.sum()),
        "steps": fitted.steps,
        "seconds": round(seconds, 1),
        "history": fitted.history,
        "validation": evaluate(task, watched),
        "test": evaluate(task, tested, scored),
    }
    with replacing(folder / RESULT) as partial:
        partial.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return record


def make_network(
    job: Job, weights: Path, root: Path, settings: Settings, runs: Path
) -> DenoisingModel:
    """The network that a training starts from; for `both`, what is left of that on PPBS."""
    if job.data == "both":
        before = Job("scratch" if job.mode == "scratch" else "finetune", job.seed, "ppbs")
        run_job(before, weights, root, settings, runs)
        return TaskModel.from_pretrained(runs / before.name).task.model
    network = DenoisingModel.from_pretrained(weights)
    network.embedding_sigma = settings.sigma
    return network


def feature_names(pack: AnnotatedPack) -> tuple[str, ...]:
    """Names of the further features, those of an array numbered from 1."""
    return tuple(
        f"{name}_{number + 1}" for name in FEATURES for number in range(pack.columns[name].shape[1])
    )
