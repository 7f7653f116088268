"""Tests of supervised training: what is learnt, and what is left alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from proteingraph.pretrain import DenoisingModel
from proteingraph.tasks import Target, TaskConfig
from proteingraph.tasks.examples import ExampleCrops, Examples
from proteingraph.tasks.run import Fitted, fit, predict

SHORT = TaskConfig(steps=6, validate_every=3, residues=200, crop=40, warmup_steps=2)


def parameters(model: DenoisingModel) -> torch.Tensor:
    return torch.nn.utils.parameters_to_vector(model.encoder.parameters())


def train(model: DenoisingModel, domains, labels, config: TaskConfig) -> Fitted:
    return fit(model, (domains, labels), (domains, labels), 3, config)


@pytest.mark.parametrize("mode", ["finetune", "scratch"])
def test_overfits_a_handful_of_domains(model, domains, labels, mode: str) -> None:
    config = TaskConfig(
        mode=mode,
        steps=150,
        validate_every=50,
        residues=1000,
        crop=80,
        learning_rate=5e-3,
        encoder_learning_rate=5e-3,
        dropout=0.0,
    )
    fitted = train(model, domains, labels, config)
    scores = predict(fitted.task, domains)
    assert scores.shape == (12, 3)
    assert (scores.argmax(axis=1) == labels).all()
    assert fitted.best_loss < 0.3


def test_frozen_leaves_the_encoder_alone(model, domains, labels) -> None:
    before = parameters(model).clone()
    fitted = train(model, domains, labels, replace(SHORT, mode="frozen"))
    assert torch.equal(parameters(fitted.task.model), before)
    assert not fitted.task.train().model.training


def test_fine_tuning_starts_from_the_encoder_and_moves_it(model, domains, labels) -> None:
    before = parameters(model).clone()
    moved = parameters(train(model, domains, labels, SHORT).task.model)
    assert torch.equal(parameters(model), before)  # a copy was trained
    # AdamW moves a parameter by about the learning rate a step, or less.
    assert 0 < float((moved - before).abs().max()) < 2 * SHORT.steps * SHORT.encoder_learning_rate
    anew = parameters(train(model, domains, labels, replace(SHORT, mode="scratch")).task.model)
    assert float((anew - before).abs().max()) > 0.1


@pytest.mark.parametrize("mode", ["finetune", "scratch", "frozen"])
def test_the_same_seed_gives_the_same_network(model, domains, labels, mode: str) -> None:
    config = replace(SHORT, mode=mode)
    one, two = (predict(train(model, domains, labels, config).task, domains) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    other = train(model, domains, labels, replace(config, seed=1))
    assert not np.array_equal(predict(other.task, domains), one)


def test_predictions_do_not_depend_on_the_batch(model, domains, labels) -> None:
    task = train(model, domains, labels, SHORT).task
    together, alone = (predict(task, domains, residues) for residues in (10_000, 1))
    np.testing.assert_allclose(together, alone, rtol=1e-4, atol=1e-5)
    assert predict(task, domains.subset([])).shape == (0, 3)


def test_keeps_the_best_and_stops_when_nothing_gets_better(model, domains, labels) -> None:
    config = replace(SHORT, steps=100, patience=1, learning_rate=0.5, encoder_learning_rate=0.5)
    fitted = train(model, domains, labels, config)
    assert fitted.steps < 100
    scores = torch.from_numpy(predict(fitted.task, domains))
    loss = torch.nn.functional.cross_entropy(scores, torch.from_numpy(labels))
    assert float(loss) == pytest.approx(fitted.best_loss, rel=1e-3)


def test_the_dense_network_can_be_trained_too(domains, labels) -> None:
    sizes = {"channels": 8, "bottleneck": 4, "blocks": 2}
    few = domains.subset([0, 1, 2, 3])
    dense = DenoisingModel("cond_resnet", encoder=sizes)
    scores = predict(train(dense, few, labels[:4], SHORT).task, few)
    assert np.isfinite(scores).all()


def test_what_cannot_be_trained_on_is_refused(model, domains, labels) -> None:
    with pytest.raises(ValueError, match="no chains to validate with"):
        fit(model, (domains, labels), (domains.subset([]), []), 3)
    with pytest.raises(ValueError, match="train on must be from 0 to 1"):
        fit(model, (domains, labels), (domains, labels), 2)
    with pytest.raises(ValidationError, match="mode"):
        TaskConfig(mode="warm")


@pytest.mark.parametrize(("probe_steps", "changed"), [(6, False), (3, True)])
def test_the_encoder_changes_once_the_head_was_trained_alone(
    model, domains, labels, probe_steps: int, changed: bool
) -> None:
    config = TaskConfig(steps=6, validate_every=6, probe_steps=probe_steps)
    fitted = fit(model, (domains, labels), (domains, labels), 3, config)
    before, after = (dict(m.encoder.named_parameters()) for m in (model, fitted.task.model))
    assert any(not torch.equal(before[name], after[name]) for name in before) is changed


@pytest.mark.parametrize("mode", ["frozen", "finetune"])
def test_embeddings_that_are_kept_train_the_same(model, domains, labels, mode, monkeypatch) -> None:
    config = TaskConfig(mode=mode, steps=8, validate_every=2, residues=300, probe_steps=4)
    kept = train(model, domains, labels, config)
    monkeypatch.setattr("proteingraph.tasks.examples.KEPT_RESIDUES", 0)
    anew = train(model, domains, labels, config)
    assert kept.steps == anew.steps == 8
    for one, two in zip(kept.history, anew.history, strict=True):
        assert one == pytest.approx(two, rel=1e-3)


def test_embeddings_are_kept_of_whole_chains_without_noise_only(model, domains, labels) -> None:
    target = Target(level="protein", kind="multiclass", classes=["a", "b", "c"])
    examples = Examples(domains, labels)
    cropped = ExampleCrops(examples, target, crop=10)
    noisy = ExampleCrops(examples, target, noise=0.1)
    whole = ExampleCrops(examples, target)
    assert not cropped.keep_embeddings(model, 300) and not noisy.keep_embeddings(model, 300)
    assert whole.keep_embeddings(model, 100)
    for row in (0, 7):
        graph, expected = whole[row, 0], model.eval().embed(domains[row])
        torch.testing.assert_close(graph.kept_residue, expected.residue, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(graph.kept_pair, expected.pair, rtol=1e-4, atol=1e-5)
        assert torch.equal(graph.kept_index, expected.edge_index)
