"""Tests of the loss, the schedule of the learning rate, and what validation judges."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from lightning.pytorch.callbacks import Callback
from torch_geometric.data import Batch

from proteingraph.errors import ConfigError
from proteingraph.noise import NoiseSchedule
from proteingraph.pretrain import load_config
from proteingraph.pretrain.batches import CropDataset, validation_loader
from proteingraph.pretrain.config import ModelConfig, NoiseConfig
from proteingraph.pretrain.module import GradientEstimation, build_model, unit_noise_errors
from proteingraph.pretrain.run import pretrain
from proteingraph.testing import random_structure
from proteingraph.transforms import PerturbCoordinates


def structures(
    count: int, size: int, sigma: float | None = None, schedule: NoiseSchedule | None = None
) -> Batch:
    """Batch of perturbed structures, always the same."""
    batch = Batch.from_data_list([random_structure(size, seed=s) for s in range(count)])
    batch.seed = torch.arange(count)
    return PerturbCoordinates(schedule, sigma)(batch)


class Nothing(torch.nn.Module):
    """Predicts nothing."""

    def prepare(self, data: Any) -> Any:
        return data

    def forward(self, data: Any) -> torch.Tensor:
        return torch.zeros_like(data.pos)


class Everything(Nothing):
    """Predicts what is to be predicted."""

    def forward(self, data: Any) -> torch.Tensor:
        return data.score


@pytest.mark.parametrize("sigma", [None, 10.0, 0.05])
def test_predicting_nothing_errs_by_one(sigma: float | None) -> None:
    errors = unit_noise_errors(Nothing(), structures(8, 100, sigma))
    assert errors.shape == (800, 3)
    # The mean of 2,400 squares of unit normal numbers has a standard deviation of (2 / 2400)^0.5.
    assert float(errors.mean()) == pytest.approx(1.0, abs=4 * math.sqrt(2 / 2400))


def test_predicting_everything_errs_by_nothing() -> None:
    assert float(unit_noise_errors(Everything(), structures(2, 30)).abs().max()) == 0.0


@pytest.mark.parametrize("architecture", ["graph", "cond_resnet"])
def test_an_untrained_network_predicts_about_nothing(small_config, architecture: str) -> None:
    torch.manual_seed(0)
    module = GradientEstimation(small_config(architecture=architecture)).eval()
    with torch.no_grad():
        batch = structures(4, 60, 1.0, module.model.schedule)
        error = float(unit_noise_errors(module.model, batch).mean())
    assert error == pytest.approx(1.0, abs=0.2)


@pytest.mark.parametrize(("architecture", "rate"), [("graph", "3e-3"), ("cond_resnet", "3e-5")])
def test_two_steps_lower_the_loss(small_config, architecture: str, rate: str) -> None:
    torch.manual_seed(0)
    config = small_config(f"optimizer.learning_rate={rate}", architecture=architecture)
    module = GradientEstimation(config).train()
    optimizer = module.configure_optimizers()
    losses = []
    for _ in range(3):
        batch = structures(4, 40, 2.0, module.model.schedule)
        loss = unit_noise_errors(module.model, batch).mean()
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert losses[2] < losses[1] < losses[0]


@pytest.mark.parametrize("architecture", ["graph", "cond_resnet"])
def test_loss_reaches_the_parameters(small_model, architecture: str) -> None:
    model = small_model(architecture)
    unit_noise_errors(model, structures(2, 20)).mean().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and bool(parameter.grad.isfinite().all()), name


def at(module: GradientEstimation, step: int, elapsed: float = 0.0) -> float:
    """Factor of the learning rate at a step and time of training."""
    module.elapsed = elapsed
    fit_loop = SimpleNamespace(global_step=step)
    module._fabric = None
    module._trainer = SimpleNamespace(global_step=step, fit_loop=fit_loop)
    return module.learning_rate_factor()


def test_learning_rate_by_steps(small_config) -> None:
    overrides = ("steps=100", "optimizer.warmup_steps=10", "optimizer.final_learning_rate=0.1")
    module = GradientEstimation(small_config(*overrides))
    cosine = [0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * step / 100)) for step in range(101)]
    assert at(module, 0) == pytest.approx(0.1)
    assert at(module, 4) == pytest.approx(0.5 * cosine[4])
    assert at(module, 9) == pytest.approx(cosine[9])
    assert at(module, 50) == pytest.approx(0.55)
    assert at(module, 100) == pytest.approx(0.1)
    assert at(module, 200) == pytest.approx(0.1)
    factors = [at(module, step) for step in range(10, 100)]
    assert factors == sorted(factors, reverse=True)


def test_learning_rate_by_time_and_by_whichever_is_further(small_config) -> None:
    overrides = ("minutes=2", "optimizer.warmup_steps=0", "optimizer.final_learning_rate=0")
    timed = GradientEstimation(small_config("steps=null", *overrides))
    assert at(timed, 10_000, elapsed=0.0) == pytest.approx(1.0)
    assert at(timed, 3, elapsed=60.0) == pytest.approx(0.5)
    assert at(timed, 3, elapsed=130.0) == pytest.approx(0.0)
    both = GradientEstimation(small_config("steps=10", *overrides))
    assert at(both, 5, elapsed=6.0) == pytest.approx(0.5)
    assert at(both, 1, elapsed=60.0) == pytest.approx(0.5)


def test_validation_is_reproducible_and_told_per_noise_level(
    small_config, small_model, held_out
) -> None:
    module = GradientEstimation(small_config(), small_model()).eval()
    batches = list(validation_loader(CropDataset(held_out, 32), 1000))
    assert len(batches) == 1

    def judge(seed: int) -> dict[str, float]:
        torch.manual_seed(seed)
        said: dict[str, float] = {}
        module.log = lambda name, value, **_: said.update({name: float(value)})
        with torch.no_grad():
            module.validation_step(batches[0].clone(), 0)
        return said

    first = judge(0)
    assert first == judge(1)
    assert set(first) == {"validation/mse", "validation/mse_5", "validation/mse_0.5"}
    assert first["validation/mse_5"] != first["validation/mse_0.5"]
    perturb = PerturbCoordinates(module.model.schedule, sigma=5.0)
    with torch.no_grad():
        expected = unit_noise_errors(module.model, perturb(batches[0].clone())).mean()
    assert first["validation/mse_5"] == pytest.approx(float(expected))


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("model.graph.neighbours=3", "neighbours"),
        ("model.graph.k=0", "k"),
        ("model.encoder.depth=3", "depth"),
        ("model.encoder.channels=-1", "whole number"),
    ],
)
def test_settings_of_no_network(override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=f"^model: .*{message}"):
        GradientEstimation(load_config(None, [override]))


def test_settings_reach_the_network() -> None:
    config = ModelConfig(graph={"k": 5}, encoder={"layers": 1}, embedding_sigma=0.1)
    model = build_model(config, NoiseConfig(largest=2.0, smallest=0.5, levels=4))
    assert model.graph is not None and model.graph.config["k"] == 5
    assert len(model.encoder.convs) == 1 and model.embedding_sigma == 0.1
    assert model.schedule == NoiseSchedule(2.0, 0.5, 4)
    dense = build_model(
        ModelConfig(architecture="cond_resnet", encoder={"blocks": 1}),
        NoiseConfig(largest=2.0, smallest=0.5, levels=4),
    )
    assert dense.encoder.schedule == NoiseSchedule(2.0, 0.5, 4)


def test_networks_that_see_the_backbone_get_it_perturbed(small_config) -> None:
    module = GradientEstimation(small_config("model.graph.backbone=true"))
    assert module.perturb.backbone and all(j.backbone for j in module.judges.values())
    assert not GradientEstimation(small_config()).perturb.backbone


def test_matrices_are_multiplied_as_asked_while_training(
    tmp_path, corpus, held_out, small_config
) -> None:
    class Look(Callback):
        def on_train_batch_start(self, *_: Any) -> None:
            found.add(torch.get_float32_matmul_precision())

    found: set[str] = set()
    config = small_config("steps=1", "hardware.matmul=high")
    pretrain(corpus, held_out, tmp_path, config, progress=False, callbacks=[Look()])
    assert found == {"high"} and torch.get_float32_matmul_precision() == "highest"
