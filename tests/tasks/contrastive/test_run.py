"""Tests of contrastive training: what is learnt, kept, resumed and left alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from proteingraph.datasets import ChainPack
from proteingraph.errors import ConfigError
from proteingraph.nn import Whitening
from proteingraph.pretrain import DenoisingModel
from proteingraph.tasks.contrastive import ContrastiveConfig
from proteingraph.tasks.contrastive.run import Contrasted, Labelled, fit_contrastive, pool_corpus

SHORT = ContrastiveConfig(
    steps=6, validate_every=3, residues=300, crop=60, members=2, warmup_steps=1, memory=2
)


def parameters(model: DenoisingModel) -> torch.Tensor:
    return torch.nn.utils.parameters_to_vector(model.encoder.parameters())


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def separation(vectors: np.ndarray, labels: np.ndarray) -> float:
    """Mean cosine of a class less that of others."""
    cosines = vectors @ vectors.T
    same, other = labels[:, None] == labels, ~np.eye(len(labels), dtype=bool)
    return float(cosines[same & other].mean() - cosines[~same].mean())


@pytest.fixture
def start(model: DenoisingModel, domains: ChainPack) -> Whitening:
    return Whitening.fit(pool_corpus(model, domains), columns=8)


@pytest.fixture
def train(model, start, domains, labels, tmp_path: Path):
    def run(config: ContrastiveConfig = SHORT, **more) -> Contrasted:
        return fit_contrastive(
            model,
            start,
            Labelled(domains, labels, labels),
            domains,
            more.pop("judge", lambda pooled, *_: separation(unit(start(pooled)), labels)),
            more.pop("folder", tmp_path / "run"),
            config,
            **more,
        )

    return run


def test_learns_classes_that_have_nothing_to_do_with_structure(
    train, model, start, domains, labels
) -> None:
    seen: list[float] = []

    def judge(pooled: np.ndarray, known: np.ndarray, classes: np.ndarray) -> float:
        assert known.shape == (12, 192) and (classes == labels).all()  # all were drawn by then
        seen.append(separation(unit(start(pooled)), labels))
        return seen[-1]

    config = replace(
        SHORT,
        steps=30,
        validate_every=15,
        residues=1000,
        members=4,
        shortest=1.0,
        noise=0.01,
        learning_rate=0.02,
        encoder_learning_rate=5e-3,
    )
    before = separation(unit(start(pool_corpus(model, domains))), labels)
    fitted = train(config, judge=judge)
    assert fitted.steps == 30 and fitted.best_score == pytest.approx(max(seen))
    assert before < 0.05 and fitted.best_score > before + 0.2  # what the encoder alone does
    # What is kept embeds as it was judged.
    pooled = pool_corpus(fitted.model, domains)
    assert separation(unit(start(pooled)), labels) == pytest.approx(fitted.best_score, abs=1e-3)
    readout = fitted.model.readout
    trained = Whitening(readout.mean.double().numpy(), readout.axes.double().numpy())
    assert separation(unit(trained(pooled)), labels) > 0.5


def test_a_copy_is_trained(train, model) -> None:
    before = parameters(model).clone()
    fitted = train()
    assert torch.equal(parameters(model), before) and model.readout.columns == 0
    assert not torch.equal(parameters(fitted.model), before)
    assert fitted.model.readout.columns == 8 and not fitted.model.training
    assert 0 < fitted.residues <= 6 * 300


def test_the_same_seed_gives_the_same_network(train, tmp_path: Path) -> None:
    one, two = (train(folder=tmp_path / name) for name in "ab")
    assert torch.equal(parameters(one.model), parameters(two.model))
    assert torch.equal(one.model.readout.axes, two.model.readout.axes)


def test_a_run_that_was_stopped_goes_on_as_if_it_had_not(train, tmp_path: Path) -> None:
    scores = iter([0.0, 1.0])
    whole = train(SHORT, judge=lambda *_: next(scores), folder=tmp_path / "whole")

    def stop(*_: np.ndarray) -> float:
        if judged:
            raise InterruptedError
        judged.append(1)
        return 0.0

    judged: list[int] = []
    with pytest.raises(InterruptedError):
        train(SHORT, judge=stop)
    resumed = train(SHORT, judge=lambda *_: 1.0, resume=True)
    again = train(SHORT, judge=lambda *_: 1.0, folder=tmp_path / "again")
    assert resumed.steps == whole.steps == 6 and resumed.residues == whole.residues
    assert torch.equal(last(tmp_path / "run"), last(tmp_path / "again"))
    # Judged alike throughout, the first of all is kept; the resumed run was judged better later.
    assert torch.equal(parameters(resumed.model), parameters(whole.model))
    assert not torch.equal(parameters(again.model), parameters(whole.model))


def last(folder: Path) -> torch.Tensor:
    state = torch.load(folder / "last.ckpt", weights_only=True)["state_dict"]
    return torch.cat([value.flatten() for name, value in state.items() if "encoder" in name])


def test_stops_when_nothing_gets_better(train) -> None:
    scores = iter([1.0, 0.5, 0.4, 0.3])
    fitted = train(
        replace(SHORT, steps=40, validate_every=2, patience=2), judge=lambda *_: next(scores)
    )
    assert fitted.steps == 6 and fitted.best_score == 1.0


def test_stops_when_time_is_up(train) -> None:
    assert train(replace(SHORT, steps=10_000, validate_every=1, minutes=1e-3)).steps < 100


def test_divergence_is_told(train) -> None:
    config = replace(SHORT, temperature=1e-45)
    with pytest.raises(ConfigError, match="diverged at step 1"):
        train(config)


def test_pooling_does_not_depend_on_batches_or_scale(model, domains, start) -> None:
    together, alone = (pool_corpus(model, domains, residues) for residues in (10_000, 1))
    np.testing.assert_allclose(together, alone, rtol=1e-4, atol=1e-5)
    model.set_readout(start)
    np.testing.assert_array_equal(pool_corpus(model, domains, 10_000), together)
    assert pool_corpus(model, domains.subset([])).shape == (0, 192)
