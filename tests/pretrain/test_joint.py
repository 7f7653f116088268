"""Tests of hidden residue types, predicted beside the gradient."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch_geometric.data import Batch

from proteingraph.errors import ConfigError
from proteingraph.pretrain import DenoisingModel
from proteingraph.pretrain.batches import CropDataset, validation_loader
from proteingraph.pretrain.joint import HiddenTypes
from proteingraph.pretrain.module import GradientEstimation, unit_noise_errors
from proteingraph.pretrain.run import pretrain
from proteingraph.testing import random_structure
from proteingraph.transforms import PerturbCoordinates

CHECKPOINT = "checkpoints/last.ckpt"
JOINT = ("joint.weight=0.5", "joint.mask_rate=0.4")
MASKED, UNKNOWN = 21, 20


def structures(count: int = 3, size: int = 40) -> Batch:
    """Batch of structures, always the same."""
    batch = Batch.from_data_list([random_structure(size, seed=s) for s in range(count)])
    batch.seed = torch.arange(count)
    return batch


def perturbed(hidden: HiddenTypes, batch: Batch, sigma: float = 0.5) -> Batch:
    """What the network is given in training."""
    return PerturbCoordinates(sigma=sigma)(hidden.hide(batch))


@pytest.fixture
def model(small_model: Callable[..., DenoisingModel]) -> DenoisingModel:
    """A small network whose estimates are not zero."""
    return small_model()


@pytest.fixture
def hidden(model: DenoisingModel) -> HiddenTypes:
    """Predicts four types in ten."""
    torch.manual_seed(2)
    return HiddenTypes(model, rate=0.4)


@pytest.fixture
def run(corpus: Any, held_out: Any) -> Callable[..., Any]:
    """Function that runs on the small corpus without a progress bar."""

    def start(folder: Path, config: Any, *callbacks: Any, **options: Any) -> Any:
        options = {"progress": False, "callbacks": callbacks, **options}
        return pretrain(corpus, held_out, folder, config, **options)

    return start


def test_hidden_types_do_not_reach_the_network(model, hidden) -> None:
    batch, other = structures(), structures()
    mask = hidden.hide(batch).residue_type_mask
    assert 0.2 < mask.float().mean() < 0.6
    other.residue_type[mask] = (other.residue_type[mask] + 7) % 20
    one, two = perturbed(hidden, batch), perturbed(hidden, other)
    assert torch.equal(two.residue_type_mask, mask)
    assert (one.residue_type_target != two.residue_type_target).equal(mask)
    seen, seen_too = model.prepare(one), model.prepare(two)
    for name in ("x", "edge_index", "edge_attr", "pos", "sigma", "residue_type"):
        assert torch.equal(seen[name], seen_too[name]), name
    with torch.no_grad():
        ours, theirs = hidden(model, one), hidden(model, two)
    assert torch.equal(ours.score, theirs.score)
    assert not torch.equal(ours.cross_entropy, theirs.cross_entropy)
    # Types that are not hidden are seen, so that the above could fail.
    batch.residue_type[~mask] = (batch.residue_type[~mask] + 7) % 20
    assert not torch.equal(model.prepare(perturbed(hidden, batch)).x, seen.x)


def test_the_gradient_is_that_of_the_network(model, hidden) -> None:
    batch = perturbed(hidden, structures())
    with torch.no_grad():
        score = hidden(model, batch).score
        torch.testing.assert_close(score, model(model.prepare(batch)))
    assert score.abs().max() > 0


def test_cross_entropy_by_hand(model, hidden) -> None:
    batch = structures()
    batch.residue_type[::5] = UNKNOWN
    batch = perturbed(hidden, batch)
    asked = [
        i
        for i, known in enumerate(batch.residue_type_target.tolist())
        if known != UNKNOWN and batch.residue_type[i] == MASKED
    ]
    with torch.no_grad():
        residue = model.encoder(model.prepare(batch)).residue.double()
        probability = hidden.layers.double()(residue).softmax(dim=-1)
        hidden.float()
        estimate = hidden(model, batch)
    assert 0 < len(asked) == len(estimate.cross_entropy) < int(batch.residue_type_mask.sum())
    for place, i in enumerate(asked):
        of_truth = probability[i, batch.residue_type_target[i]]
        assert float(estimate.cross_entropy[place]) == pytest.approx(-math.log(of_truth), rel=1e-4)
        assert bool(estimate.right[place]) == bool(of_truth == probability[i].max())


def test_unknown_residues_are_not_counted(small_config, model) -> None:
    module = GradientEstimation(small_config(*JOINT), model)
    said = listen(module)
    batch = structures()
    batch.residue_type[:] = UNKNOWN
    loss = module.training_step(batch, 0)
    loss.backward()
    assert said["train/type_loss"] == said["train/type_accuracy"] == 0.0
    assert float(loss.detach()) == pytest.approx(said["train/mse"])
    assert all(p.grad is not None and p.grad.isfinite().all() for p in module.parameters())
    with torch.no_grad():
        module.validation_step(batch, 0)
    assert "validation/type_loss" not in said


def listen(module: GradientEstimation) -> dict[str, float]:
    """Where what a module logs goes."""
    said: dict[str, float] = {}
    module.log = lambda name, value, **_: said.update(
        {name: float(torch.as_tensor(value).detach())}
    )
    return said


def test_both_losses_reach_the_parameters(small_config, model) -> None:
    module = GradientEstimation(small_config(*JOINT), model)
    said = listen(module)
    loss = module.training_step(structures(), 0)
    joint = said["train/mse"] + 0.5 * said["train/type_loss"]
    assert float(loss.detach()) == pytest.approx(joint)
    assert 2 < said["train/type_loss"] < 4 and 0 <= said["train/type_accuracy"] < 0.4
    loss.backward()
    assert module.hidden is not None and sum(p.numel() for p in module.hidden.parameters()) > 0
    for name, parameter in module.named_parameters():
        assert parameter.grad is not None and bool(parameter.grad.isfinite().all()), name
    # By types alone: all but the head that only the gradient uses.
    module.zero_grad()
    estimate = module.hidden(model, perturbed(module.hidden, structures()))
    estimate.cross_entropy.mean().backward()
    idle = {n for n, p in module.named_parameters() if p.grad is None or not p.grad.any()}
    assert idle and all(name.startswith("model.gradient.") for name in idle)


def test_types_are_learnt(small_config) -> None:
    torch.manual_seed(0)
    overrides = ("joint.weight=1", "joint.mask_rate=0.3", "optimizer.learning_rate=1e-2")
    module = GradientEstimation(small_config(*overrides)).train()
    said = listen(module)
    optimizer = module.configure_optimizers()
    losses = []
    for _ in range(25):
        optimizer.zero_grad()
        module.training_step(structures(), 0).backward()
        optimizer.step()
        losses.append(said["train/type_loss"])
    assert losses[0] == pytest.approx(math.log(20), abs=0.4)
    assert losses[-1] < losses[0] - 0.5


def test_validation_hides_the_same_types_every_time(small_config, model, held_out) -> None:
    module = GradientEstimation(small_config(*JOINT), model).eval()
    (batch,) = validation_loader(CropDataset(held_out, 32), 1000)
    plain = GradientEstimation(small_config(), model).eval()

    def judge(judged: GradientEstimation, seed: int) -> dict[str, float]:
        torch.manual_seed(seed)
        said = listen(judged)
        with torch.no_grad():
            judged.validation_step(batch.clone(), 0)
        return dict(said)

    first = judge(module, 0)
    assert first == judge(module, 1)
    # The errors of the gradient are those with all types to be seen.
    types = {"validation/type_loss", "validation/type_accuracy"}
    assert judge(plain, 0) == {name: v for name, v in first.items() if name not in types}
    assert types < set(first) and first["validation/type_loss"] > 0


def test_the_dense_network_is_refused(small_config) -> None:
    with pytest.raises(ConfigError, match=r"joint\.weight: cond_resnet does not predict"):
        GradientEstimation(small_config(*JOINT, architecture="cond_resnet"))


def test_what_a_joint_run_leaves(tmp_path: Path, run, small_config) -> None:
    module = run(tmp_path, small_config(*JOINT, "steps=10"))
    record = json.loads((tmp_path / "metrics.json").read_text())
    assert record["config"]["joint"] == {"weight": 0.5, "mask_rate": 0.4}
    assert 2 < record["metrics"]["validation/type_loss"] < 4
    assert 0 <= record["metrics"]["validation/type_accuracy"] < 0.5
    with open(tmp_path / "log/part_0/metrics.csv", newline="") as file:
        logged = [row for row in csv.DictReader(file) if row["train/mse"]]
    assert 2 < float(logged[0]["train/type_loss"]) < 4
    assert 0 <= float(logged[0]["train/type_accuracy"]) < 0.5
    # The head is no part of what embeds: it is in the checkpoint, not in the weights.
    loaded = DenoisingModel.from_pretrained(tmp_path)
    assert sum(p.numel() for p in loaded.parameters()) == record["parameters"]
    for name, value in module.model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value), name
    saved = torch.load(tmp_path / CHECKPOINT, weights_only=True)["state_dict"]
    assert {name for name in saved if name.startswith("hidden.")}
    before = unit_noise_errors(module.model, PerturbCoordinates(sigma=1.0)(structures()))
    after = unit_noise_errors(loaded, PerturbCoordinates(sigma=1.0)(structures()))
    assert torch.equal(before, after)


@pytest.mark.parametrize(
    ("stop", "overrides"),
    [(5, ()), (3, ("checkpoint_every=3", "validate_every=2", "model.encoder.dropout=0.5"))],
)
def test_killed_and_resumed_equals_uninterrupted(
    tmp_path: Path, run, small_config, recorder, weights_equal, stop, overrides
) -> None:
    config = small_config("steps=9", *JOINT, *overrides)
    whole, before, after = recorder(), recorder(stop_after=stop), recorder()
    uninterrupted = run(tmp_path / "whole", config, whole)
    with pytest.raises(RuntimeError, match="killed"):
        run(tmp_path / "parts", config, before)
    resumed = run(tmp_path / "parts", config, after, resume=True)
    assert min(after.losses) == stop - stop % config.checkpoint_every + 1
    assert {**before.losses, **after.losses} == whole.losses
    assert weights_equal(tmp_path / "whole", tmp_path / "parts")
    for ours, theirs in zip(
        uninterrupted.hidden.parameters(), resumed.hidden.parameters(), strict=True
    ):
        assert torch.equal(ours, theirs)
    metrics = [json.loads((tmp_path / f / "metrics.json").read_text()) for f in ("whole", "parts")]
    assert metrics[0]["metrics"] == metrics[1]["metrics"]


def test_a_weight_of_zero_is_the_gradient_alone(
    tmp_path: Path, run, small_config, weights_equal
) -> None:
    config = small_config("steps=2")
    assert config.joint.weight == 0
    run(tmp_path / "plain", config)
    run(tmp_path / "zero", small_config("steps=2", "joint.weight=0", "joint.mask_rate=0.9"))
    run(tmp_path / "joint", small_config("steps=2", *JOINT))
    assert weights_equal(tmp_path / "plain", tmp_path / "zero")
    assert not weights_equal(tmp_path / "plain", tmp_path / "joint")


def test_a_checkpoint_from_before_resumes(tmp_path: Path, run, small_config, recorder) -> None:
    config = small_config()
    with pytest.raises(RuntimeError, match="killed"):
        run(tmp_path, config, recorder(stop_after=5))
    content = torch.load(tmp_path / CHECKPOINT, weights_only=True)
    for told in ("asked", "config"):
        del content["pretrain"][told]["joint"]
    torch.save(content, tmp_path / CHECKPOINT)
    with pytest.raises(ConfigError, match=r"other settings \(joint\.weight=0\.0\)"):
        run(tmp_path, small_config("joint.weight=0.5"), resume=True)
    assert run(tmp_path, config, resume=True).global_step == 6
