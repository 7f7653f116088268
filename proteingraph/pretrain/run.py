"""A pre-training run: from a corpus to a folder with weights, log and checkpoints."""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

import lightning as L
import torch
from lightning.pytorch.callbacks import Callback, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from torch.utils.data import DataLoader
from torch_geometric.data import Batch

from proteingraph import __version__
from proteingraph.datasets.protocol import Corpus
from proteingraph.errors import ConfigError
from proteingraph.files import clear_partials, replacing
from proteingraph.pretrain.batches import (
    CropDataset,
    Part,
    training_loader,
    validation_loader,
)
from proteingraph.pretrain.checkpoints import LAST, Checkpoints
from proteingraph.pretrain.config import ModelConfig, NoiseConfig, PretrainConfig
from proteingraph.pretrain.distributed import (
    is_first_process,
    make_trainer,
    multiplying,
    one_voice,
)
from proteingraph.pretrain.faults import faults_told
from proteingraph.pretrain.memory import keep_freed_memory
from proteingraph.pretrain.module import GradientEstimation
from proteingraph.pretrain.progress import StepProgress
from proteingraph.pretrain.readout import fit_readout
from proteingraph.pretrain.start import corpus_fingerprint, initial_model, read_checkpoint
from proteingraph.pretrain.trainer import interruptible, quiet

__all__ = ["pretrain"]


def pretrain(
    train: Corpus,
    validation: Corpus,
    folder: str | PathLike[str],
    config: PretrainConfig,
    *,
    init: str | PathLike[str] | None = None,
    resume: bool = False,
    progress: bool = True,
    callbacks: Sequence[Callback] = (),
) -> GradientEstimation:
    """Pre-train a network.

    Writes to ``folder``: ``model.safetensors`` and ``config.json`` (see `DenoisingModel`),
    ``metrics.json`` (held-out errors at the end), ``log/`` (CSV and TensorBoard, one part a start)
    and ``checkpoints/`` with ``last.ckpt`` and the one before it. Resumed or not, the loss at each
    step is the same, if the run is limited by steps. Trained on the CPU the same twice gives the
    same weights, bit for bit.

    With several devices (`HardwareConfig`), Lightning starts the running program anew for each but
    the first, unless torchrun or Slurm has done so. All processes share each batch, so that a run
    may be resumed on another number of devices; the first writes what is left in ``folder``.

    Args:
        train: Chains to train on.
        validation: Held-out chains to judge by; may be empty.
        folder: Made if need be. Must not hold a run yet unless ``resume`` is set.
        config: Settings.
        init: Folder of saved weights to continue from (a new run, on these weights). Settings of
            `model` and `noise` left at their defaults follow the weights. A resumed run goes on
            from its own.
        resume: Go on where the run in ``folder`` stopped, with the same loss at every step as if it
            had not; start it if there is none.
        progress: Show a progress bar.
        callbacks: More Lightning callbacks.

    Returns:
        The trained module, in evaluation mode; ``module.model`` is the network (of several
        processes, whole in the first).

    Raises:
        ConfigError: If the folder holds a run and ``resume`` is not set, the run has other settings
            or another corpus, the settings contradict the weights of ``init``, the folder cannot
            be written to, there are no such devices, another process ended, or training diverges.
        WeightsError: If ``init`` cannot be loaded.
    """
    keep_freed_memory()
    folder = Path(folder)
    checkpoint = folder / "checkpoints" / LAST
    start, known = read_checkpoint(folder, checkpoint, config, train, resume)
    L.seed_everything(config.seed, verbose=False)
    module = _module(config, known, init)
    module.origin.setdefault("corpus", corpus_fingerprint(train))
    _make_writable(folder)
    for place in (folder, checkpoint.parent):
        clear_partials(place)
    trainer = _trainer(folder, config, progress, callbacks)
    corpus = _Corpus(train, validation, config, module.model.backbone)
    precision = multiplying(config.hardware.matmul)
    with quiet(), precision, one_voice(trainer), faults_told(folder), interruptible():
        trainer.fit(
            module,
            corpus,
            ckpt_path=start,
            weights_only=None if start is None else True,
        )
        # Lightning saves by number of steps only; a finished run that is resumed should do nothing.
        trainer.save_checkpoint(checkpoint)
        if len(validation):
            trainer.validate(module, corpus, verbose=False)
        module.gather()
    module.eval()
    if not trainer.is_global_zero:
        return module
    if config.model.readout and len(train) > 1:
        module.model.to(trainer.strategy.root_device)  # from the CPU, where Lightning leaves it
        fit_readout(module.model, train, config.model.readout, config.data.readout_chains)
        module.model.cpu()
    metrics = {name: float(value) for name, value in trainer.callback_metrics.items()}
    record = _record(module, trainer, train, metrics)
    with faults_told(folder):
        module.model.save_pretrained(folder, record)
        with replacing(folder / "metrics.json") as partial:
            partial.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return module


def _make_writable(folder: Path) -> None:
    """Make a folder, and try before the work whether files can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ConfigError(
            f"{folder}: cannot be written to: {error.strerror}; name another folder"
        ) from error


def _module(
    config: PretrainConfig, known: dict[str, Any] | None, init: str | PathLike[str] | None
) -> GradientEstimation:
    """Network to train: that of the checkpoint, of saved weights, or a new one."""
    asked, model = config.to_dict(), None
    if known is not None:
        model_config = ModelConfig(**known["config"]["model"])
        config = replace(config, model=model_config, noise=NoiseConfig(**known["config"]["noise"]))
        init = known.get("init")
    elif init is not None:
        model, config = initial_model(init, config)
    module = GradientEstimation(config, model)
    module.origin = {"asked": asked, "init": None if init is None else str(init)}
    return module


class _Corpus(L.LightningDataModule):
    """Loaders that start where the run stands."""

    def __init__(
        self, train: Corpus, validation: Corpus, config: PretrainConfig, backbone: bool
    ) -> None:
        super().__init__()
        self.train_set = CropDataset(train, config.data.crop, backbone)
        self.validation_set = CropDataset(validation, config.data.crop, backbone)
        self.config = config

    def train_dataloader(self) -> DataLoader[Batch]:
        assert self.trainer is not None
        data, step = self.config.data, self.trainer.global_step
        return training_loader(
            self.train_set, data.residues, self.config.seed, step, data.workers, self._part()
        )

    def val_dataloader(self) -> DataLoader[Batch] | list[Any]:
        if not len(self.validation_set):
            return []
        return validation_loader(self.validation_set, self.config.data.residues, part=self._part())

    def _part(self) -> Part:
        assert self.trainer is not None
        return Part(self.trainer.global_rank, self.trainer.world_size)


def _trainer(
    folder: Path, config: PretrainConfig, progress: bool, callbacks: Sequence[Callback]
) -> L.Trainer:
    keep = ModelCheckpoint(
        folder / "checkpoints",
        save_last=True,
        save_top_k=0,
        every_n_train_steps=config.checkpoint_every,
        enable_version_counter=False,
    )
    part = f"part_{len(list((folder / 'log').glob('part_*')))}"
    shown = progress and is_first_process(config.hardware)
    with quiet():
        return make_trainer(
            config.hardware,
            max_steps=-1 if config.steps is None else config.steps,
            max_epochs=-1,
            val_check_interval=config.validate_every or sys.maxsize,
            check_val_every_n_epoch=None,
            num_sanity_val_steps=0,
            gradient_clip_val=config.optimizer.clip_norm,
            log_every_n_steps=10,
            logger=[
                CSVLogger(folder, name="log", version=part, flush_logs_every_n_steps=10),
                TensorBoardLogger(folder, name="log", version=part),
            ],
            plugins=[Checkpoints()],
            callbacks=[keep, *([StepProgress()] if shown else []), *callbacks],
            enable_progress_bar=False,
            enable_model_summary=False,
        )


def _record(
    module: GradientEstimation, trainer: L.Trainer, train: Corpus, metrics: dict[str, float]
) -> dict[str, Any]:
    """What the weights are, for whoever finds them."""
    threads = torch.get_num_threads()
    return {
        "proteingraph": __version__,
        "torch": torch.__version__,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {threads} threads",
        "device": str(trainer.strategy.root_device),
        "processes": trainer.world_size,
        "chains": len(train),
        "steps": module.global_step,
        "residues": module.residues,
        "seconds": round(module.elapsed, 1),
        "parameters": sum(p.numel() for p in module.model.parameters()),
        "init": module.origin.get("init"),
        "config": module.config.to_dict(),
        "metrics": metrics,
    }
