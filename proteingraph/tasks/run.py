"""Supervised training from labelled chains to predictions."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path

import lightning as L
import numpy as np
import torch
from lightning.pytorch.callbacks import Callback, ModelCheckpoint
from numpy.typing import ArrayLike, NDArray
from torch import Tensor
from torch.utils.data import DataLoader
from torch_geometric.data import Batch

from proteingraph.datasets.protocol import Corpus
from proteingraph.errors import ConfigError, DatasetError
from proteingraph.pretrain import DenoisingModel
from proteingraph.pretrain.batches import CropDataset, training_loader, validation_loader
from proteingraph.pretrain.checkpoints import LAST, Checkpoints, find_damage, newest_checkpoint
from proteingraph.pretrain.trainer import interruptible, quiet
from proteingraph.tasks.config import TaskConfig
from proteingraph.tasks.examples import ExampleCrops, Examples
from proteingraph.tasks.heads import make_head
from proteingraph.tasks.module import SupervisedTask
from proteingraph.tasks.stopping import Patience
from proteingraph.tasks.target import Target

__all__ = ["Fitted", "fit", "fit_target", "predict"]

BEST = "best"


@dataclass(frozen=True, eq=False)
class Fitted:
    """What training left.

    Attributes:
        task: Network and head with the weights that were best on the validation set, in
            evaluation mode.
        steps: Steps trained, up to the end or until training was stopped early.
        best_loss: Loss on the validation set of the weights that are kept.
        history: Step, loss and score of each judgement of the validation set.
    """

    task: SupervisedTask
    steps: int
    best_loss: float
    history: list[dict[str, float]] = field(default_factory=list)


def fit(
    model: DenoisingModel,
    train: tuple[Corpus, ArrayLike],
    validation: tuple[Corpus, ArrayLike],
    classes: int,
    config: TaskConfig | None = None,
) -> Fitted:
    """Train a network and a head to classify chains.

    On the CPU the same twice gives the same weights.

    Args:
        model: Network to start from; not changed, a copy is trained.
        train: Chains to train on, and the number of the class of each.
        validation: Chains that tell when to stop, with theirs.
        classes: Number of classes.
        config: Settings. (default: those of `TaskConfig`)

    Raises:
        ValueError: If there is nothing to train on or to validate with, or labels do not fit.
        ConfigError: If training diverges.
    """
    for name, (_, labels) in (("train on", train), ("validate with", validation)):
        numbers = np.asarray(labels)
        if numbers.size and (numbers.min() < 0 or numbers.max() >= classes):
            raise ValueError(f"labels to {name} must be from 0 to {classes - 1}")
    names = [str(number) for number in range(classes)]
    target = Target(level="protein", kind="multiclass", classes=names)
    return fit_target(model, Examples(*train), Examples(*validation), target, config)


def fit_target(
    model: DenoisingModel,
    train: Examples,
    validation: Examples,
    target: Target,
    config: TaskConfig | None = None,
    checkpoints: str | PathLike[str] | None = None,
    callbacks: Sequence[Callback] = (),
) -> Fitted:
    """Train a network and a head to predict a property of residues, proteins or pairs.

    On the CPU the same twice gives the same weights.

    Args:
        model: Network to start from; not changed, a copy is trained.
        train: Chains to train on; weights of classes and scales of values and of further features
            are those of their labels and features.
        validation: Chains that tell when to stop.
        target: What is predicted.
        config: Settings. (default: those of `TaskConfig`)
        checkpoints: Folder for a checkpoint at each judgement; a run that stopped goes on from the
            last whole one there, as if it had not. It must be given the same arguments again.
            (default: none)
        callbacks: More Lightning callbacks.

    Raises:
        DatasetError: If there is nothing to train on or to validate with, or labels do not fit.
        ConfigError: If training diverges, or all checkpoints are damaged.
    """
    config = TaskConfig() if config is None else config
    for name, examples in (("train on", train), ("validate with", validation)):
        if not len(examples):
            raise DatasetError(f"no chains to {name}")
    backbone = model.backbone
    trained_on = ExampleCrops(train, target, config.crop, backbone, config.noise)
    watched = ExampleCrops(validation, target, backbone=backbone)
    for name, crops in (("train on", trained_on), ("validate with", watched)):
        if not any(bool(target.labelled(labels).any()) for labels in crops.labels):
            raise DatasetError(f"no labels of {target.name} to {name}")
    if _number_of_features(trained_on) != _number_of_features(watched):
        raise DatasetError("chains to validate with have other features than those to train on")
    L.seed_everything(config.seed, verbose=False)
    task = _make_task(copy.deepcopy(model), trained_on, config)
    loaders = _Loaders(trained_on, watched, config)
    if checkpoints is not None:
        return _train(task, loaders, Path(checkpoints), callbacks)
    with tempfile.TemporaryDirectory() as folder:
        return _train(task, loaders, Path(folder), callbacks)


def _make_task(model: DenoisingModel, crops: ExampleCrops, config: TaskConfig) -> SupervisedTask:
    target, features = crops.target, crops.features
    head = make_head(
        target.level,
        model.encoder,
        target.outputs,
        config.hidden,
        config.dropout,
        _number_of_features(crops),
        config.context,
        config.surroundings,
    )
    if head.projection is not None and features is not None:
        head.projection.fit_scale(torch.cat(features))
    task = SupervisedTask(model, head, config, target)
    task.fit_scale(torch.cat(crops.labels))
    return task


class _Loaders(L.LightningDataModule):
    """Loaders that start where the run stands, with embeddings kept if it still needs them."""

    def __init__(self, trained_on: ExampleCrops, watched: ExampleCrops, config: TaskConfig) -> None:
        super().__init__()
        self.trained_on = trained_on
        self.watched = watched
        self.config = config

    def train_dataloader(self) -> DataLoader[Batch]:
        assert self.trainer is not None
        config, step = self.config, self.trainer.global_step
        # What the last of the steps alone led to is judged before its checkpoint is written.
        if step < config.steps_alone():
            self._keep_embeddings()
        return training_loader(self.trained_on, config.residues, config.seed, step)

    def val_dataloader(self) -> DataLoader[Batch]:
        return validation_loader(self.watched, self.config.residues)

    def _keep_embeddings(self) -> None:
        assert self.trainer is not None
        task = self.trainer.lightning_module
        assert isinstance(task, SupervisedTask)
        if self.trained_on.keep_embeddings(task.model, self.config.residues):
            self.watched.keep_embeddings(task.model, self.config.residues)


def _train(
    task: SupervisedTask, loaders: _Loaders, folder: Path, callbacks: Sequence[Callback]
) -> Fitted:
    config = task.config
    monitor = f"validation/{config.watch}"
    mode = "min" if config.watch == "loss" else "max"
    start = _start(folder)
    best = ModelCheckpoint(folder, BEST, monitor, mode=mode, enable_version_counter=False)
    # Written after the best one, at every judgement, so that it knows the score of that.
    go_on = ModelCheckpoint(folder, Path(LAST).stem, enable_version_counter=False)
    stop = Patience(monitor, mode=mode, patience=config.patience)
    with quiet(), interruptible():
        trainer = L.Trainer(
            accelerator="auto",
            devices=1,
            max_steps=config.steps,
            max_epochs=-1,
            # Judged at least once, however short the run.
            val_check_interval=min(config.validate_every, config.steps),
            check_val_every_n_epoch=None,
            num_sanity_val_steps=0,
            gradient_clip_val=config.clip_norm,
            logger=False,
            plugins=[Checkpoints()],
            callbacks=[best, go_on, stop, *callbacks],
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        trainer.fit(
            task,
            loaders,
            ckpt_path=start,
            weights_only=None if start is None else True,
        )
        state = torch.load(folder / f"{BEST}.ckpt", map_location="cpu", weights_only=True)
    task.load_state_dict(state["state_dict"])
    judged = [entry[config.watch] for entry in task.history]
    kept = task.history[int(np.argmin(judged) if mode == "min" else np.argmax(judged))]
    return Fitted(task.eval(), trainer.global_step, kept["loss"], task.history)


def _start(folder: Path) -> Path | None:
    """Checkpoint to go on from, if there is one; the best weights must be there and whole then."""
    found = newest_checkpoint(folder / LAST, lambda content: content["task"], "run of a task")
    if found is None:
        return None
    best = folder / f"{BEST}.ckpt"
    if reason := find_damage(best):
        raise ConfigError(
            f"{best}: damaged ({reason}): restore it from a copy, or start anew in another folder"
        )
    return found[0]


def predict(task: SupervisedTask, chains: Corpus, residues: int = 3000) -> NDArray[np.float32]:
    """Score the classes of chains.

    Args:
        task: A trained task, in evaluation mode.
        chains: Whole chains.
        residues: Residues in a batch, about. (default: :obj:`3000`)

    Returns:
        Logits, float32 ``[n, classes]``.
    """
    longest = int(chains.lengths.max(initial=1))
    dataset = CropDataset(chains, longest, task.model.backbone)
    scores: list[Tensor]
    with torch.inference_mode():
        scores = [
            task(batch.to(task.device)).cpu() for batch in validation_loader(dataset, residues)
        ]
    return torch.cat([torch.zeros(0, task.head.outputs), *scores]).numpy()


def _number_of_features(crops: ExampleCrops) -> int:
    return crops.features[0].size(1) if crops.features else 0
