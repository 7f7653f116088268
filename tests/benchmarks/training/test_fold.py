"""Fine-tuning for structure search, on a few shipped domains with a small network."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import load_file

from benchmarks.common import load_domains
from benchmarks.scop.relations import Relations
from benchmarks.scop.similarity import AS_GIVEN, cosine
from benchmarks.training import fold
from proteingraph.datasets import ChainPack
from proteingraph.pretrain import DenoisingModel
from proteingraph.tasks.contrastive.run import pool_corpus
from proteingraph.zoo import load_model
from proteingraph.zoo.about import About, AboutData
from proteingraph.zoo.publish import publish


@pytest.fixture(scope="module")
def packs() -> dict[str, ChainPack]:
    """Short domains, more than two of some superfamilies."""
    shipped = load_domains()
    short = {name: pack.subset(pack.lengths <= 70) for name, pack in shipped.items()}
    return {name: pack.trace() for name, pack in short.items()}


def test_a_few_domains_of_each_superfamily_that_has_two(packs) -> None:
    train = packs["train"]
    chosen = fold.choose(train, members=3, longest=60, seed=0)
    assert chosen.lengths.max() <= 60
    available = np.bincount(fold.classes(train.subset(train.lengths <= 60), "superfamily"))
    counts = np.bincount(fold.classes(chosen, "superfamily"))
    assert sorted(counts.tolist()) == sorted(min(3, n) for n in available.tolist() if n > 1)
    assert available.max() > 3
    again, other = (fold.choose(train, 3, 60, seed) for seed in (0, 1))
    assert again.names.tolist() == chosen.names.tolist() != other.names.tolist()


def test_pools_once_for_a_network(packs, weights: Path, tmp_path: Path, monkeypatch) -> None:
    few = packs["validation"].subset([0, 1, 2])
    model = DenoisingModel.from_pretrained(weights)
    cache = tmp_path / "pooled.npz"
    first = fold.pool(model, few, cache)
    np.testing.assert_array_equal(first, pool_corpus(model, few))
    monkeypatch.setattr("proteingraph.tasks.contrastive.run.pool_corpus", lambda *_: 1 / 0)
    np.testing.assert_array_equal(fold.pool(model, few, cache), first)
    with pytest.raises(ZeroDivisionError):
        fold.pool(model, few.subset([0, 1]), cache)
    model.embedding_sigma = 1.0
    with pytest.raises(ZeroDivisionError):
        fold.pool(model, few, cache)


@pytest.fixture(scope="module")
def run(packs, weights: Path, tmp_path_factory) -> Path:
    output = tmp_path_factory.mktemp("fold")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fold, "load_domains", lambda *_, **__: packs)
        short = "--steps 2 --per-superfamily 2 --longest 45"
        settings = "-s validate_every=1 -s residues=200 -s members=2"
        where = ["--weights", str(weights), "--data-root", "unused", "-o", str(output)]
        fold.main([*where, *short.split(), *settings.split()])
    return output


def test_writes_the_best_of_all_candidates(run: Path, packs) -> None:
    training = json.loads((run / "config.json").read_text(encoding="utf-8"))["training"]
    judged = training["metrics"]
    assert set(judged) == {"whitened", fold.WITHIN, fold.TRAINED, fold.AGAIN}
    best = max(judged, key=lambda name: judged[name]["superfamily"])
    assert training["chosen"] == best and training["steps"] == 2 and training["residues"] > 0
    model = DenoisingModel.from_pretrained(run)
    # Eight domains to learn the scale from have seven axes.
    assert model.embedding_sigma == 2.0 and model.readout.columns == 7
    vectors = fold.scale(model.readout)(pool_corpus(model, packs["validation"]))
    relations = Relations(packs["validation"].labels["sccs"].tolist())
    found = relations.judge(cosine(vectors, vectors, AS_GIVEN))
    assert found["superfamily"] == pytest.approx(judged[best]["superfamily"], abs=1e-3)


def test_trained_weights_differ_from_those_before(run: Path, weights: Path) -> None:
    state = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
    before = DenoisingModel.from_pretrained(weights).encoder.node_in.weight
    assert not torch.equal(state["model.encoder.node_in.weight"], before)


def test_a_readout_without_a_step_is_published_as_what_differs(packs, tmp_path: Path) -> None:
    run, folder = tmp_path / "run", tmp_path / "fold_tiny.test"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fold, "load_domains", lambda *_, **__: packs)
        patch.setattr(fold.Candidates, "best", lambda _: fold.WITHIN)
        where = ["--weights", "dsm_tiny", "--data-root", "unused", "-o", str(run)]
        fold.main([*where, "--per-superfamily", "2", "--longest", "45"])
    texts = ("description", "licence", "objective", "command", "hardware", "use")
    about = About(
        name=folder.name,
        data=AboutData("d", "l", "h", "c"),
        commit="c628809",
        limits=["few domains"],
        **{name: name for name in texts},
    )
    record = publish(run, folder, about, base="dsm_tiny")
    assert (record.run.steps, record.run.init) == (0, "dsm_tiny.pdb2018")
    assert record.data.chains == 8 and record.rounding < 0.01
    assert set(load_file(folder / "model.safetensors")) == {"readout.axes", "readout.mean"}
    model, chosen = load_model(folder), DenoisingModel.from_pretrained(run)
    assert model.readout.columns == chosen.readout.columns == 7
    assert model.embedding_sigma == chosen.embedding_sigma == 2.0


def test_settings_from_the_command_line() -> None:
    where = ["--weights", "a", "--data-root", "b", "-o", "c"]
    config = fold.settings(fold.parse([*where, "--minutes", "3", "-s", "temperature=0.2"]))
    assert (config.minutes, config.temperature) == (3, 0.2)
    with pytest.raises(ValidationError, match="memori"):
        fold.settings(fold.parse([*where, "-s", "memori=3"]))
