"""Tests of trained tasks: what is saved is what predicts, on whole chains however long."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from proteingraph.errors import ConfigError, WeightsError
from proteingraph.io import read_structure
from proteingraph.pretrain import DenoisingModel
from proteingraph.tasks import Target, TaskConfig, TaskModel
from proteingraph.tasks.calibration import Calibration, Interval
from proteingraph.tasks.examples import Examples
from proteingraph.tasks.heads import make_head
from proteingraph.tasks.module import SupervisedTask
from proteingraph.tasks.predict import predict_scores, windows
from proteingraph.tasks.run import fit_target

TARGETS = {
    "residue": Target(kind="binary", name="site"),
    "protein": Target(level="protein", kind="multiclass", classes=["a", "b", "c"]),
    "pair": Target(level="pair", kind="regression"),
}


def make(model, level: str, features: int = 0, mode: str = "finetune") -> TaskModel:
    target, config = TARGETS[level], TaskConfig(mode=mode, hidden=8)
    head = make_head(level, model.encoder, target.outputs, 8, config.dropout, features)
    task = SupervisedTask(model, head, config, target).eval()
    with torch.no_grad():
        task.head.norm.running_mean.normal_()
        task.scale.fill_(2.0)
    names = tuple(f"f{number}" for number in range(features))
    shift = [0.5] * target.outputs
    note, interval = {"note": "a test"}, Interval(0.9, 0.1)
    return TaskModel(task, Calibration(1.7, shift), 0.3, names, note, interval)


@pytest.mark.parametrize("level", list(TARGETS))
@pytest.mark.parametrize("mode", ["finetune", "scratch", "frozen"])
def test_a_saved_task_predicts_the_same(model, domains, tmp_path, level, mode) -> None:
    saved = make(model, level, mode=mode)
    saved.save_pretrained(tmp_path)
    loaded = TaskModel.from_pretrained(tmp_path)
    assert loaded.target == saved.target and loaded.task.config == saved.task.config
    assert (loaded.calibration, loaded.threshold) == (saved.calibration, 0.3)
    assert loaded.training == {"note": "a test"} and not loaded.task.training
    assert loaded.interval == Interval(0.9, 0.1)
    for one, two in zip(saved.predict(list(domains)), loaded.predict(list(domains)), strict=True):
        np.testing.assert_array_equal(one.values, two.values)
    assert isinstance(DenoisingModel.from_pretrained(tmp_path), DenoisingModel)


def test_shapes_and_names(model, test_files) -> None:
    structure = read_structure(test_files / "1aki.pdb")
    (residues,) = make(model, "residue").predict(structure)
    assert residues.values.shape == residues.residue_number.shape == (129,)
    assert ((residues.values > 0) & (residues.values < 1)).all()
    assert (residues.name, residues.chain, residues.sequence[:5]) == ("1aki", "A", "KVFGR")
    (protein,) = make(model, "protein").predict(structure)
    assert protein.values.shape == (1, 3) and protein.values.sum() == pytest.approx(1)
    (pairs,) = make(model, "pair").predict(structure)
    assert pairs.pair_index.shape == (2, len(pairs.values)) and pairs.pair_index.max() == 128
    assert make(model, "pair").predict([]) == []


@pytest.mark.parametrize("level", list(TARGETS))
def test_predictions_do_not_depend_on_the_batch(model, domains, level) -> None:
    task = make(model, level)
    together = task.predict(list(domains))
    for chain, expected in zip(domains, together, strict=True):
        (alone,) = task.predict([chain])
        np.testing.assert_allclose(alone.values, expected.values, rtol=1e-3, atol=1e-4)
        if level == "pair":
            np.testing.assert_array_equal(alone.pair_index, expected.pair_index)


def test_calibration_is_applied(model, domains) -> None:
    task = make(model, "residue")
    raw = predict_scores(task.task, Examples(domains, np.zeros(12)))[0].scores[:, 0]
    (got, *_) = task.predict(list(domains))
    torch.testing.assert_close(torch.from_numpy(got.values), (raw / 1.7 + 0.5).sigmoid())


def test_windows_of_a_long_chain_are_taken_where_they_are_deep() -> None:
    cut = windows(1000, 300, 100)
    assert [(s, e) for s, e, _, _ in cut] == [(s, s + 300) for s in (0, 175, 350, 525, 700)]
    taken = [(a, b) for _, _, a, b in cut]
    assert np.concatenate([np.arange(a, b) for a, b in taken]).tolist() == list(range(1000))
    for start, end, first, last in cut:
        assert (start == 0 or first - start >= 50) and (end == 1000 or end - last >= 50)
    with pytest.raises(ValueError, match="overlap"):
        windows(10, 5, 5)


def test_windows_differ_from_the_whole_chain_near_their_ends_only(model, domains) -> None:
    task = make(model, "residue").task
    longest = domains.subset([11])
    examples = Examples(longest, np.zeros(1))
    (whole,), (cut,) = predict_scores(task, examples), predict_scores(task, examples, 40, 40, 20)
    assert cut.scores.shape == whole.scores.shape
    difference = (cut.scores - whole.scores).abs()
    assert 0 < float(difference.max()) and float(difference[:10].max()) < float(difference.max())


def test_features_are_asked_for_by_name(model, domains, tmp_path) -> None:
    task = make(model, "residue", features=2)
    few = [domains[0], domains[1]]
    features = [np.ones((chain.num_nodes, 2)) for chain in few]
    task.save_pretrained(tmp_path)
    loaded = TaskModel.from_pretrained(tmp_path)
    for one, two in zip(loaded.predict(few, features), task.predict(few, features), strict=True):
        np.testing.assert_array_equal(one.values, two.values)
    with pytest.raises(ConfigError, match="f0, f1"):
        loaded.predict(few)
    with pytest.raises(ConfigError, match=r"\[L, 2\]"):
        loaded.predict(few, [values[:, :1] for values in features])
    with pytest.raises(ConfigError, match="give none"):
        make(model, "residue").predict(few, features)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "head.safetensors"])
def test_a_file_of_another_task_is_told(model, tmp_path, name) -> None:
    make(model, "residue").save_pretrained(tmp_path)
    file = tmp_path / name
    file.write_bytes(file.read_bytes() + b" ")
    with pytest.raises(WeightsError, match=f"{name}: not the file"):
        TaskModel.from_pretrained(tmp_path)
    file.unlink()
    with pytest.raises(WeightsError, match=f"{name}: cannot be read"):
        TaskModel.from_pretrained(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format_version": 99}, "format version 99"),
        ({"target": {"kind": "odd"}}, "no settings of a task"),
        ({"interval": {"level": 2, "half_width": 0.1}}, "no settings of a task"),
        ({"settings": {"hidden": 5}}, "does not fit"),
    ],
)
def test_settings_that_cannot_be(model, tmp_path, change, message) -> None:
    make(model, "residue").save_pretrained(tmp_path)
    settings = json.loads((tmp_path / "task.json").read_text())
    (tmp_path / "task.json").write_text(json.dumps({**settings, **change}))
    with pytest.raises(WeightsError, match=message):
        TaskModel.from_pretrained(tmp_path)
    with pytest.raises(WeightsError, match=r"task\.json is missing"):
        TaskModel.from_pretrained(tmp_path / "absent")


def test_a_head_that_looks_around_is_trained_saved_and_loaded(model, domains, tmp_path) -> None:
    labels = [(torch.cdist(d.pos, d.pos) < 10).sum(dim=1).float().numpy() for d in domains]
    known = Examples(domains, labels)
    config = TaskConfig(mode="frozen", steps=60, hidden=16, surroundings=1, learning_rate=1e-2)
    target = Target(kind="regression", name="neighbours")
    saved = TaskModel(fit_target(model, known, known, target, config).task)
    saved.save_pretrained(tmp_path)
    pairs = zip(
        saved.predict(list(domains)),
        TaskModel.from_pretrained(tmp_path).predict(list(domains)),
        strict=True,
    )
    values = []
    for one, two in pairs:
        np.testing.assert_array_equal(one.values, two.values)
        values.append(one.values)
    assert np.corrcoef(np.concatenate(values), np.concatenate(labels))[0, 1] > 0.9
