"""Runs that were stopped early, and killed before that was all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from lightning.pytorch.callbacks import LambdaCallback

from proteingraph.errors import ConfigError
from proteingraph.tasks import Target, TaskConfig
from proteingraph.tasks.examples import Examples
from proteingraph.tasks.run import fit_target

# Rates at which nothing gets better.
CONFIG = TaskConfig(steps=40, validate_every=2, residues=200, crop=40, warmup_steps=2, patience=2,
                    learning_rate=0.5, encoder_learning_rate=0.5)  # fmt: skip


@pytest.fixture
def run(model, domains, labels):
    """Function that trains with checkpoints in a folder."""
    examples = Examples(domains, labels)
    target = Target(level="protein", kind="multiclass", classes=["a", "b", "c"])

    def start(folder, config=CONFIG, **when):
        callbacks = [LambdaCallback(**when)]
        return fit_target(model, examples, examples, target, config, folder, callbacks)

    return start


def stop(*_: object) -> None:
    raise InterruptedError


def test_a_run_killed_after_it_was_to_stop_stops(run, tmp_path):
    whole = run(tmp_path / "whole")
    assert whole.steps < CONFIG.steps
    with pytest.raises(InterruptedError):
        run(tmp_path / "parts", on_train_end=stop)
    steps: list[int] = []
    resumed = run(tmp_path / "parts", on_train_batch_end=lambda t, *_: steps.append(t.global_step))
    assert not steps
    assert resumed.steps == whole.steps and resumed.history == whole.history
    for one, other in zip(
        resumed.task.state_dict().values(), whole.task.state_dict().values(), strict=True
    ):
        assert torch.equal(one, other)


def test_a_run_killed_before_goes_on_to_the_same_step(run, tmp_path):
    whole = run(tmp_path / "whole")

    def stop_at_5(trainer, *_):
        if trainer.global_step == 5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        run(tmp_path / "parts", on_train_batch_end=stop_at_5)
    resumed = run(tmp_path / "parts")
    assert resumed.steps == whole.steps and resumed.history == whole.history


def test_best_weights_that_are_damaged_are_told(run, tmp_path):
    with pytest.raises(InterruptedError):
        run(tmp_path, replace(CONFIG, steps=4), on_train_end=stop)
    best = tmp_path / "best.ckpt"
    content = np.frombuffer(best.read_bytes(), np.uint8).copy()
    content[len(content) // 2] ^= 1
    best.write_bytes(content.tobytes())
    with pytest.raises(ConfigError, match=r"best\.ckpt: damaged \(the checksum of .* is wrong\)"):
        run(tmp_path, replace(CONFIG, steps=4))
