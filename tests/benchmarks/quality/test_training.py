"""Trainings that are kept, and examples that they are given."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.common.annotated import AnnotatedPack
from benchmarks.quality.models import Made, Models, examples_of, synthetic
from benchmarks.quality.quality import SETTINGS, alike, save_best, summarise, zoo_results
from benchmarks.quality.training import Job, predict_quality, read_settings, run_job
from proteingraph.datasets import load_cath_scop_mini
from proteingraph.errors import ConfigError
from proteingraph.tasks import TaskModel


@pytest.fixture(scope="module")
def models() -> Models:
    """Models made of a few shipped domains, in the place of all kinds."""
    pack = load_cath_scop_mini()
    few = pack.subset(np.argsort(pack.lengths)[20:26]).trace()
    packs = {
        name: synthetic(few.subset([2 * place, 2 * place + 1]), seed=place)
        for place, name in enumerate(("train", "validation", "test"))
    }
    return Models(packs, packs, {"train": packs["train"]})


@pytest.fixture
def settings():
    read = read_settings(SETTINGS)
    return replace(read, training=replace(read.training, steps=2, validate_every=1, hidden=8))


def test_settings_are_read_and_steps_replaced():
    assert read_settings(SETTINGS, steps=7).training.validate_every <= 7
    assert read_settings(SETTINGS, steps=7).training.steps == 7
    assert read_settings(SETTINGS).training.context


def test_examples_join_packs_in_order(models):
    packs = [models.comparative["train"], models.comparative["test"]]
    joined = examples_of(packs)
    assert joined.corpus.names.tolist() == [*packs[0].pack.names, *packs[1].pack.names]
    lddt = np.concatenate([one.columns["lddt"] for one in packs])
    np.testing.assert_allclose(np.concatenate(joined.labels), lddt, atol=1e-6)


def test_packs_are_made_once_and_when_asked_for(models):
    asked = []

    def make(split: str) -> AnnotatedPack:
        asked.append(split)
        return models.comparative[split]

    made = Made(models.comparative, make)
    assert list(made) == ["train", "validation", "test"] and asked == []
    assert made["test"] is made["test"] and asked == ["test"]
    with pytest.raises(KeyError):
        made["other"]


def test_what_has_no_label_is_not_trained_on(models):
    pack = models.comparative["train"]
    mask = pack.columns["lddt_mask"].copy()
    mask[3] = False
    part = AnnotatedPack(pack.pack, {**pack.columns, "lddt_mask": mask})
    assert np.flatnonzero(np.isnan(np.concatenate(examples_of([part]).labels))).tolist() == [3]


def test_a_training_is_kept_and_one_of_other_settings_refused(
    models, settings, guessing_weights: Path, tmp_path: Path
):
    job = Job("finetune", 1)
    record = run_job(job, guessing_weights, models, settings, tmp_path)
    assert record["steps"] == 2 and set(record["kinds"]) >= {"gaussian", "segment_shift"}
    result = tmp_path / job.name / "result.json"
    before = result.stat().st_mtime_ns
    assert run_job(job, guessing_weights, models, settings, tmp_path) == record
    assert result.stat().st_mtime_ns == before
    task = TaskModel.from_pretrained(tmp_path / job.name)
    assert task.task.model.embedding_sigma == settings.sigma
    predicted = np.concatenate(predict_quality(task, models.comparative["test"]))
    with np.load(tmp_path / job.name / "test.npz") as kept:
        np.testing.assert_allclose(predicted, kept["lddt"], atol=1e-6)
    other = replace(settings, sigma=1.0)
    with pytest.raises(ConfigError, match="other settings"):
        run_job(job, guessing_weights, models, other, tmp_path)


def test_spread_is_over_runs():
    found = summarise([{"pearson": 0.7}, {"pearson": 0.8}, {"pearson": 0.9}])
    assert found["pearson"] == {"mean": pytest.approx(0.8), "std": pytest.approx(0.1), "runs": 3}
    assert summarise([{"pearson": 0.7}])["pearson"]["std"] is None


def test_the_best_on_validation_is_saved_with_its_own_figures(
    models, settings, guessing_weights: Path, tmp_path: Path
):
    jobs = [Job("finetune", 0), Job("finetune", 1), Job("frozen", 0)]
    records = {job.name: run_job(job, guessing_weights, models, settings, tmp_path) for job in jobs}
    for job, score in zip(jobs, (0.3, 0.4, 0.9), strict=True):
        records[job.name]["validation_pearson"] = score
    best = save_best(records, tmp_path, tmp_path / "saved")
    assert best == jobs[1].name
    weights = [folder / "model.safetensors" for folder in (tmp_path / best, tmp_path / "saved")]
    assert weights[0].read_bytes() == weights[1].read_bytes()
    told = zoo_results(tmp_path / "saved", summarise([records[best]["test"]]), 7)
    assert told["weights_sha256"] == hashlib.sha256(weights[0].read_bytes()).hexdigest()
    assert told["rows"][0]["on"].startswith("7 comparative models")
    assert alike(records[jobs[0].name], records[jobs[1].name])
    assert not alike(records[jobs[0].name], records[jobs[2].name])
    assert save_best({jobs[2].name: records[jobs[2].name]}, tmp_path, None) is None
    about = {"mode": "finetune", "data": "synthetic"}  # easier to tell, so not to be compared
    other = {"synthetic": {"about": about, "validation_pearson": 1.0}}
    assert save_best({**records, **other}, tmp_path, None) == best
