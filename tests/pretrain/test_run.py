"""Tests of whole runs: resumed, continued, limited, refused."""

from __future__ import annotations

import csv
import json
import logging
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightning as L
import pytest
import torch
from lightning.pytorch.callbacks import Callback

from proteingraph.datasets import ChainPack
from proteingraph.errors import ConfigError, WeightsError
from proteingraph.pretrain import DenoisingModel
from proteingraph.pretrain.run import pretrain

CHECKPOINT = "checkpoints/last.ckpt"


@pytest.fixture
def run(corpus: ChainPack, held_out: ChainPack) -> Callable[..., Any]:
    """Function that runs on the small corpus without a progress bar."""

    def start(folder: Path, config: Any, *callbacks: Callback, **options: Any) -> Any:
        options = {"progress": False, "callbacks": callbacks, **options}
        return pretrain(corpus, options.pop("validation", held_out), folder, config, **options)

    return start


def test_what_a_run_leaves(tmp_path: Path, run, small_config, recorder, corpus) -> None:
    notes = recorder()
    module = run(tmp_path / "run", small_config("validate_every=3"), notes)
    assert not module.training and not module.model.training
    assert notes.validated == [3, 6, 6]
    record = json.loads((tmp_path / "run/metrics.json").read_text())
    assert record["steps"] == 6 and record["chains"] == len(corpus) and record["init"] is None
    assert record["config"] == module.config.to_dict()
    metrics = record["metrics"]
    assert set(metrics) == {"validation/mse", "validation/mse_5", "validation/mse_0.5"}
    mean = (metrics["validation/mse_5"] + metrics["validation/mse_0.5"]) / 2
    assert metrics["validation/mse"] == pytest.approx(mean)
    loaded = DenoisingModel.from_pretrained(tmp_path / "run")
    for name, value in module.model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value), name
    with open(tmp_path / "run/log/part_0/metrics.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    logged = [row["validation/mse_0.5"] for row in rows if row["validation/mse_0.5"]]
    assert len(logged) == 3
    assert list((tmp_path / "run/log/part_0").glob("events.out.tfevents.*"))
    # Residues: the twelve chains fill batches of about 100 residues, cropped to 32.
    lengths = corpus.lengths.clip(max=32)
    assert 6 * 100 - 2 * 132 < module.residues < 6 * 132 and lengths.max() <= 132
    assert record["residues"] == module.residues and module.elapsed > 0


def test_same_settings_same_weights(tmp_path: Path, run, small_config, weights_equal) -> None:
    run(tmp_path / "a", small_config())
    run(tmp_path / "b", small_config())
    run(tmp_path / "c", small_config("seed=1"))
    assert weights_equal(tmp_path / "a", tmp_path / "b")
    assert not weights_equal(tmp_path / "a", tmp_path / "c")


@pytest.mark.parametrize(
    ("architecture", "stop", "overrides"),
    [
        ("graph", 4, ()),  # at a checkpoint, in the middle of an epoch
        ("graph", 5, ("validate_every=2",)),  # after a checkpoint and a validation at one step
        ("graph", 3, ("checkpoint_every=3", "model.encoder.dropout=0.5")),
        ("cond_resnet", 5, ()),
    ],
)
def test_killed_and_resumed_equals_uninterrupted(
    tmp_path: Path, run, small_config, recorder, weights_equal, architecture, stop, overrides
) -> None:
    config = small_config("steps=9", *overrides, architecture=architecture)
    whole, before, after = recorder(), recorder(stop_after=stop), recorder()
    uninterrupted = run(tmp_path / "whole", config, whole)
    with pytest.raises(RuntimeError, match="killed"):
        run(tmp_path / "parts", config, before)
    assert not (tmp_path / "parts/model.safetensors").exists()
    assert (tmp_path / "parts" / CHECKPOINT).exists()
    resumed = run(tmp_path / "parts", config, after, resume=True)
    first = stop - stop % config.checkpoint_every + 1
    assert list(after.losses) == list(range(first, 10))
    assert {**before.losses, **after.losses} == whole.losses
    assert {**before.rates, **after.rates} == whole.rates
    assert weights_equal(tmp_path / "whole", tmp_path / "parts")
    assert resumed.residues == uninterrupted.residues
    metrics = [json.loads((tmp_path / f / "metrics.json").read_text()) for f in ("whole", "parts")]
    assert metrics[0]["metrics"] == metrics[1]["metrics"]
    assert metrics[0]["steps"] == metrics[1]["steps"] == 9
    parts = sorted(folder.name for folder in (tmp_path / "parts/log").iterdir())
    assert parts == ["part_0", "part_1"]


def test_time_goes_on_in_a_resumed_run(tmp_path: Path, run, small_config, recorder) -> None:
    with pytest.raises(RuntimeError, match="killed"):
        run(tmp_path, small_config(), recorder(stop_after=5))
    saved = torch.load(tmp_path / CHECKPOINT, weights_only=True)["pretrain"]
    assert saved["elapsed"] > 0 and saved["residues"] > 0
    module = run(tmp_path, small_config(), resume=True)
    assert module.elapsed > saved["elapsed"] and module.residues > saved["residues"]


def test_resuming_what_is_not_there_starts_it(tmp_path: Path, run, small_config) -> None:
    assert run(tmp_path / "new", small_config(), resume=True).global_step == 6


def test_resuming_a_finished_run_changes_nothing(
    tmp_path: Path, run, small_config, recorder
) -> None:
    run(tmp_path, small_config())
    weights = (tmp_path / "model.safetensors").read_bytes()
    notes = recorder()
    run(tmp_path, small_config(), notes, resume=True)
    assert not notes.losses
    assert (tmp_path / "model.safetensors").read_bytes() == weights


def test_a_run_is_not_overwritten(tmp_path: Path, run, small_config) -> None:
    run(tmp_path, small_config())
    with pytest.raises(ConfigError, match="holds a run already"):
        run(tmp_path, small_config())
    (tmp_path / CHECKPOINT).unlink()
    with pytest.raises(ConfigError, match="holds a run already"):  # the checkpoint before it
        run(tmp_path, small_config())
    (tmp_path / "checkpoints/previous.ckpt").unlink()
    with pytest.raises(ConfigError, match="holds weights already"):
        run(tmp_path, small_config(), resume=True)


def test_resuming_with_other_settings_is_refused(tmp_path: Path, run, small_config, corpus) -> None:
    run(tmp_path, small_config())
    with pytest.raises(ConfigError, match=r"other settings \(optimizer.learning_rate=0.002\)"):
        run(tmp_path, small_config("optimizer.learning_rate=0.1"), resume=True)
    with pytest.raises(ConfigError, match=r"model.encoder.layers=2"):
        run(tmp_path, small_config("model.encoder.layers=3"), resume=True)
    with pytest.raises(ConfigError, match="on 12 other chains"):
        pretrain(corpus.subset([0, 1]), corpus, tmp_path, small_config(), resume=True)
    changes = ("validate_every=2", "checkpoint_every=1", "data.validation_sigmas=[1.0]")
    run(tmp_path, small_config(*changes), resume=True, progress=True)


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04"])
def test_what_is_no_checkpoint_is_refused(tmp_path: Path, run, small_config, content) -> None:
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / CHECKPOINT).write_bytes(content)
    with pytest.raises(ConfigError, match="no checkpoint of a pre-training run"):
        run(tmp_path, small_config(), resume=True)


def test_a_checkpoint_is_never_unpickled(tmp_path: Path, run, small_config) -> None:
    (tmp_path / "checkpoints").mkdir()
    torch.save({"pretrain": {"config": Bomb(tmp_path / "hit")}}, tmp_path / CHECKPOINT)
    with pytest.raises(ConfigError, match="no checkpoint of a pre-training run"):
        run(tmp_path, small_config(), resume=True)
    assert not (tmp_path / "hit").exists()


class Bomb:
    """Makes a file when unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (Path.touch, (self.path,))


def test_init_continues_from_weights(tmp_path: Path, run, small_config, recorder) -> None:
    config = small_config("seed=3", "optimizer.warmup_steps=0", "steps=8")
    run(tmp_path / "old", config)
    fresh, continued = recorder(), recorder()
    run(tmp_path / "scratch", config, fresh)
    module = run(tmp_path / "new", config, continued, init=tmp_path / "old")
    assert sum(continued.losses.values()) < sum(fresh.losses.values())
    assert json.loads((tmp_path / "new/metrics.json").read_text())["init"] == str(tmp_path / "old")
    assert module.global_step == 8


@pytest.mark.parametrize("architecture", ["graph", "cond_resnet"])
def test_init_starts_at_the_weights(
    tmp_path: Path, run, small_config, small_model, architecture
) -> None:
    small_model(architecture).save_pretrained(tmp_path / "old")
    overrides = ("steps=1", "optimizer.learning_rate=1e-30", "optimizer.weight_decay=0")
    config = small_config(*overrides, architecture=architecture)
    module = run(tmp_path / "new", config, init=tmp_path / "old")
    old = DenoisingModel.from_pretrained(tmp_path / "old").state_dict()
    for name, value in module.model.named_parameters():
        assert torch.allclose(old[name], value, atol=1e-20), name


def test_settings_left_out_follow_the_weights(
    tmp_path: Path, run, small_config, recorder, weights_equal
) -> None:
    old = run(tmp_path / "old", small_config("noise.largest=5.0", "model.embedding_sigma=0.2"))
    config = small_config("model={}")
    config = type(config)(**{**config.to_dict(), "model": {}})
    module = run(tmp_path / "new", config, init=tmp_path / "old")
    assert module.config.model.encoder == old.config.model.encoder
    assert module.config.model.graph == old.config.model.graph
    assert module.config.noise.largest == 5.0
    assert module.model.embedding_sigma == 0.2
    # Such a run resumes, with or without naming the weights again.
    with pytest.raises(RuntimeError, match="killed"):
        run(tmp_path / "parts", config, recorder(stop_after=5), init=tmp_path / "old")
    resumed = run(tmp_path / "parts", config, resume=True)
    assert weights_equal(tmp_path / "new", tmp_path / "parts")
    assert resumed.config == module.config
    record = json.loads((tmp_path / "parts/metrics.json").read_text())
    assert record["init"] == str(tmp_path / "old")


def test_the_graph_network_continues_at_other_noise(tmp_path: Path, run, small_config) -> None:
    run(tmp_path / "old", small_config())
    changes = ("noise.largest=1.0", "noise.smallest=0.1", "model.embedding_sigma=0.3")
    module = run(tmp_path / "new", small_config(*changes), init=tmp_path / "old")
    loaded = DenoisingModel.from_pretrained(tmp_path / "new")
    for model in (module.model, loaded):
        assert (model.schedule.largest, model.schedule.smallest) == (1.0, 0.1)
        assert model.embedding_sigma == 0.3
    assert module.perturb.schedule == loaded.schedule


@pytest.mark.parametrize(
    ("weights", "override", "message"),
    [
        ("graph", "model.encoder.layers=1", "model.encoder.layers=1 is not .* 2"),
        ("graph", "model.graph.k=7", "model.graph.k=7 is not .* 6"),
        ("graph", "model.encoder.depth=3", "model.encoder.depth=3 is not .* which have none"),
        ("graph", "model.architecture=cond_resnet", "is not that of the weights in .* graph"),
        ("cond_resnet", "model.encoder.blocks=1", "model.encoder.blocks=1 is not .* 2"),
        ("cond_resnet", "model.graph.k=7", "model.graph.k=7 is not .* which have none"),
        ("cond_resnet", "noise.levels=7", "noise: cond_resnet has parameters for each level"),
    ],
)
def test_settings_that_contradict_the_weights_are_refused(
    tmp_path: Path, run, small_config, small_model, weights, override, message
) -> None:
    small_model(weights).save_pretrained(tmp_path / "old")
    with pytest.raises(ConfigError, match=message):
        run(tmp_path / "new", small_config(override, architecture=weights), init=tmp_path / "old")
    assert not (tmp_path / "new").exists()


def test_init_without_weights(tmp_path: Path, run, small_config) -> None:
    with pytest.raises(WeightsError, match="no folder of saved weights"):
        run(tmp_path / "new", small_config(), init=tmp_path)


def test_minutes_end_a_run(tmp_path: Path, run, small_config) -> None:
    config = small_config("steps=null", "minutes=0.02")
    module = run(tmp_path, config)
    assert 1.2 <= module.elapsed
    assert 0 < module.global_step and module.progress == 1.0
    assert (tmp_path / "model.safetensors").exists()


def test_steps_end_a_run_before_its_minutes(tmp_path: Path, run, small_config) -> None:
    assert run(tmp_path, small_config("minutes=60")).global_step == 6


def test_nothing_held_out(tmp_path: Path, run, small_config, corpus) -> None:
    module = run(tmp_path, small_config("validate_every=2"), validation=corpus.subset([]))
    assert module.global_step == 6
    record = json.loads((tmp_path / "metrics.json").read_text())
    assert not any(name.startswith("validation") for name in record["metrics"])


def test_an_interrupted_run_says_so_and_resumes(
    tmp_path: Path, run, small_config, recorder
) -> None:
    class Interruption(Callback):
        def on_train_batch_end(self, trainer: L.Trainer, *rest: Any) -> None:
            if trainer.global_step == 5:
                raise KeyboardInterrupt

    handler = signal.getsignal(signal.SIGINT)
    level = logging.getLogger("lightning.pytorch").level
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, small_config(), Interruption())
    assert signal.getsignal(signal.SIGINT) is handler
    assert logging.getLogger("lightning.pytorch").level == level
    notes = recorder()
    run(tmp_path, small_config(), notes, resume=True)
    assert list(notes.losses) == [5, 6]


def test_progress_is_shown(tmp_path: Path, run, small_config, capsys) -> None:
    run(tmp_path, small_config("validate_every=3"), progress=True)
    shown = capsys.readouterr()
    assert not shown.out
    assert re.search(r"pre-training .*100 %.*", shown.err.replace("\n", " "))


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path, run, small_config) -> None:
    (tmp_path / "file").write_text("mine")
    for folder in (tmp_path / "file", tmp_path / "file/run"):
        with pytest.raises(ConfigError, match="cannot be written to"):
            run(folder, small_config())
    assert (tmp_path / "file").read_text() == "mine"


def test_divergence_ends_the_run_and_leaves_no_weights(tmp_path: Path, run, small_config) -> None:
    overrides = ("optimizer.learning_rate=1e30", "optimizer.warmup_steps=0")
    with pytest.raises(ConfigError, match="diverged: the error at step 2 is"):
        run(tmp_path / "run", small_config(*overrides))
    assert not (tmp_path / "run/model.safetensors").exists()


def test_a_damaged_checkpoint_is_told_in_one_line(tmp_path: Path, run, small_config) -> None:
    checkpoint = tmp_path / "run" / CHECKPOINT
    checkpoint.parent.mkdir(parents=True)
    for content in (b"", b"\x80\x02noise" * 99):
        checkpoint.write_bytes(content)
        with pytest.raises(ConfigError, match=r"last\.ckpt: damaged.*start anew") as refused:
            run(tmp_path / "run", small_config(), resume=True)
        assert "weights_only" not in str(refused.value)
        assert "\n" not in str(refused.value)
        assert checkpoint.read_bytes() == content
