"""Tests of training on properties of residues, proteins and pairs, computed from structures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from lightning.pytorch.callbacks import Callback

from proteingraph.errors import DatasetError
from proteingraph.pretrain.batches import validation_loader
from proteingraph.tasks import Target, TaskConfig
from proteingraph.tasks.examples import ExampleCrops, Examples
from proteingraph.tasks.heads import make_head
from proteingraph.tasks.metrics import measure
from proteingraph.tasks.module import SupervisedTask, match_pairs
from proteingraph.tasks.predict import predict_scores
from proteingraph.tasks.run import fit_target

BINARY = Target(kind="binary", name="buried")
QUICK = TaskConfig(
    mode="scratch", steps=40, validate_every=20, residues=250, warmup_steps=5, learning_rate=1e-2,
    hidden=16, dropout=0.0, balance=0.5,
)  # fmt: skip
TRAIN, HELD_OUT = range(9), range(9, 12)


def examples(domains, kind: str, level: str = "residue") -> Examples:
    """Neighbors within 10 Å: whether many, which third, how many; or which pairs are within 7 Å."""
    distances = [torch.cdist(chain.pos, chain.pos).numpy() for chain in domains]
    if level == "pair":
        pairs = [np.stack(np.nonzero((d < 12) & (d > 0))) for d in distances]
        near = [(d[p[0], p[1]] < 7).astype(float) for d, p in zip(distances, pairs, strict=True)]
        return Examples(domains, near, pairs=pairs)
    counts = [(d < 10).sum(axis=1).astype(float) for d in distances]
    if level == "protein":
        return Examples(domains, [float(c.mean()) for c in counts])
    cuts = np.quantile(np.concatenate(counts), [1 / 3, 2 / 3])
    labels = {
        "binary": [(c > cuts[1]).astype(float) for c in counts],
        "multiclass": [np.searchsorted(cuts, c) for c in counts],
        "regression": counts,
    }
    return Examples(domains, labels[kind])


def judge(task: SupervisedTask, held_out: Examples) -> dict[str, float]:
    crops = ExampleCrops(held_out, task.target)
    (batch,) = list(validation_loader(crops, 10**6))
    with torch.inference_mode():
        scores, labels = task.labelled_scores(batch)
    return measure(task.target, task.target.values(scores), labels)


@pytest.mark.parametrize(
    ("target", "measured", "least"),
    [
        (BINARY, "auroc", 0.85),
        (Target(kind="multiclass", classes=["few", "some", "many"]), "accuracy", 0.6),
        (Target(kind="regression"), "pearson", 0.75),
        (Target(level="pair", kind="binary"), "auroc", 0.9),
    ],
)
def test_learns_what_holds_for_other_structures(model, domains, target, measured, least) -> None:
    known = examples(domains, target.kind, target.level)
    fitted = fit_target(model, known.subset(TRAIN), known.subset(HELD_OUT), target, QUICK)
    got = judge(fitted.task, known.subset(HELD_OUT))
    assert got[measured] > least, got
    assert [entry["step"] for entry in fitted.history] == [20, 40]
    assert fitted.best_loss == min(entry["loss"] for entry in fitted.history)


def test_values_of_proteins_come_in_their_own_units(model, domains) -> None:
    target = Target(level="protein", kind="regression")
    known = examples(domains, "regression", "protein")
    task = fit_target(model, known.subset(TRAIN), known.subset(HELD_OUT), target, QUICK).task
    got = [float(scores.scores) for scores in predict_scores(task, known)]
    truth = np.asarray(known.labels)
    assert np.abs(got - truth).mean() < 3 and truth.mean() > 10


def test_features_are_learnt_from(model, domains) -> None:
    rng = np.random.default_rng(0)
    features = [rng.normal(5, 2, (n, 2)) for n in domains.lengths]
    labels = [(f[:, 1] > 5).astype(float) for f in features]
    known = Examples(domains, labels, features)
    config = TaskConfig(mode="frozen", steps=60, validate_every=30, residues=250, dropout=0.0,
                        learning_rate=1e-2, hidden=16, warmup_steps=5)  # fmt: skip
    with_them = fit_target(model, known.subset(TRAIN), known.subset(HELD_OUT), BINARY, config)
    assert judge(with_them.task, known.subset(HELD_OUT))["auroc"] > 0.9
    gap = [values.copy() for values in features]
    gap[0][3] = np.nan
    scored = predict_scores(with_them.task, Examples(domains, labels, gap))
    assert bool(scored[0].scores.isfinite().all())
    with pytest.raises(ValueError, match="expected features"):
        predict_scores(with_them.task, Examples(domains, labels))


def test_unlabelled_residues_teach_nothing(model, domains) -> None:
    known = examples(domains, "binary").subset([0, 1])
    gaps = [np.where(np.arange(len(y)) % 2, y, np.nan) for y in known.labels]
    masked = Examples(known.corpus, gaps)
    task = SupervisedTask(model, make_head("residue", model.encoder, 1, 8, 0.0), QUICK, BINARY)
    (batch,) = list(validation_loader(ExampleCrops(masked, BINARY), 10**6))
    odd = torch.cat([torch.arange(len(y)) % 2 for y in known.labels]).bool()
    scores, labels = task.labelled_scores(batch.clone())
    assert len(scores) == len(labels) == int(odd.sum())
    assert labels.tolist() == np.concatenate(known.labels)[odd.numpy()].tolist()
    task.eval()
    torch.testing.assert_close(
        task.labelled_scores(batch.clone())[0], task(batch.clone())[odd], rtol=1e-4, atol=1e-5
    )


def test_pairs_find_their_embeddings_in_a_batch(model, domains) -> None:
    known = examples(domains, "binary", "pair").subset([0, 1])
    target = Target(level="pair")
    crops = ExampleCrops(known, target, crop=20)
    task = SupervisedTask(model, make_head("pair", model.encoder, 1, 8, 0.0), QUICK, target).eval()
    (batch,) = list(validation_loader(crops, 10**6))
    pos = batch.pos.clone()
    edges = task.embed(batch).edge_index
    rows = match_pairs(edges, batch.y_index, batch.num_nodes)
    assert torch.equal(edges[:, rows[rows >= 0]], batch.y_index[:, rows >= 0])
    distance = (pos[batch.y_index[0]] - pos[batch.y_index[1]]).norm(dim=-1)
    assert torch.equal(batch.y == 1, distance < 7)


def test_noise_is_of_the_size_asked_for(domains) -> None:
    known = examples(domains, "binary")
    quiet, noisy = (ExampleCrops(known, BINARY, noise=noise) for noise in (0.0, 0.2))
    moved = torch.cat([noisy[row, 7].pos - quiet[row, 7].pos for row in range(12)])
    assert float(moved.std()) == pytest.approx(0.2, rel=0.1)
    assert torch.equal(quiet[0, 7].pos, domains[0].pos)
    assert not torch.equal(noisy[0, 7].pos, noisy[0, 8].pos)


def test_what_does_not_fit_is_refused(model, domains) -> None:
    known = examples(domains, "binary")
    short = Examples(domains, [known.labels[0][:-1], *known.labels[1:]])
    with pytest.raises(DatasetError, match=f"{domains.names[0]}: labels of"):
        ExampleCrops(short, BINARY)
    blank = Examples(domains, [np.full(n, np.nan) for n in domains.lengths])
    with pytest.raises(DatasetError, match="no labels of buried to validate with"):
        fit_target(model, known, blank, BINARY, QUICK)
    with pytest.raises(DatasetError, match=r"expected residues \[2,"):
        ExampleCrops(Examples(domains, known.labels, pairs=known.labels), Target(level="pair"))


class Killer(Callback):
    """Ends a run as a crash would."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_train_batch_end(self, trainer, *_: object) -> None:
        if trainer.global_step == self.step:
            raise RuntimeError("killed")


@pytest.mark.parametrize("watch", ["loss", "score"])
def test_killed_and_resumed_equals_uninterrupted(model, domains, tmp_path, watch) -> None:
    known = examples(domains, "binary")
    parts = known.subset(TRAIN), known.subset(HELD_OUT)
    config = replace(QUICK, steps=12, validate_every=4, dropout=0.3, watch=watch)
    whole = fit_target(model, *parts, BINARY, config, tmp_path / "whole")
    with pytest.raises(RuntimeError, match="killed"):
        fit_target(model, *parts, BINARY, config, tmp_path / "parts", [Killer(6)])
    resumed = fit_target(model, *parts, BINARY, config, tmp_path / "parts")
    assert [entry["step"] for entry in resumed.history] == [4, 8, 12]
    assert resumed.history == whole.history and resumed.steps == whole.steps == 12
    for name, value in whole.task.state_dict().items():
        assert torch.equal(resumed.task.state_dict()[name], value), name


@pytest.mark.parametrize(("probe_steps", "embedded"), [(4, 0), (6, 2)])
def test_resumed_once_the_encoder_is_trained_no_embeddings_are_kept(
    model, domains, tmp_path, monkeypatch, probe_steps, embedded
) -> None:
    known = examples(domains, "binary")
    parts = known.subset(TRAIN), known.subset(HELD_OUT)
    config = replace(QUICK, mode="finetune", steps=8, validate_every=4, probe_steps=probe_steps)
    whole = fit_target(model, *parts, BINARY, config, tmp_path / "whole")
    with pytest.raises(RuntimeError, match="killed"):  # the last checkpoint is of step 4
        fit_target(model, *parts, BINARY, config, tmp_path / "parts", [Killer(7)])
    keep, calls = ExampleCrops.keep_embeddings, []

    def counted(crops: ExampleCrops, *arguments: object) -> bool:
        calls.append(crops)
        return keep(crops, *arguments)

    monkeypatch.setattr(ExampleCrops, "keep_embeddings", counted)
    resumed = fit_target(model, *parts, BINARY, config, tmp_path / "parts")
    assert len(calls) == embedded
    assert [entry["step"] for entry in resumed.history] == [4, 8]
    assert resumed.history == whole.history
    for name, value in whole.task.state_dict().items():
        assert torch.equal(resumed.task.state_dict()[name], value), name
