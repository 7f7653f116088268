"""Supervised training from labelled chains to predictions."""

from __future__ import annotations

import copy
import tempfile
from dataclasses import dataclass

import lightning as L
import numpy as np
import torch
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from numpy.typing import ArrayLike, NDArray

from proteingraph.datasets.protocol import Corpus
from proteingraph.pretrain import DenoisingModel
from proteingraph.pretrain.batches import CropDataset, training_loader, validation_loader
from proteingraph.pretrain.trainer import interruptible, quiet
from proteingraph.tasks.batches import LabelledCrops
from proteingraph.tasks.config import TaskConfig
from proteingraph.tasks.heads import ProteinHead, embedding_channels
from proteingraph.tasks.module import SupervisedTask

__all__ = ["Fitted", "fit", "predict"]

WATCHED = "validation/loss"


@dataclass(frozen=True, eq=False)
class Fitted:
    """What training left.

    Attributes:
        task: Network and head with the weights that were best on the validation set, in
            evaluation mode.
        steps: Steps trained, up to the end or until training was stopped early.
        best_loss: Cross entropy on the validation set of the weights that are kept.
    """

    task: SupervisedTask
    steps: int
    best_loss: float


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
    config = TaskConfig() if config is None else config
    backbone = model.backbone
    trained_on = LabelledCrops(*train, crop=config.crop, backbone=backbone)
    watched = LabelledCrops(*validation, backbone=backbone)
    _check_labels(trained_on, watched, classes)
    L.seed_everything(config.seed, verbose=False)
    head = ProteinHead(
        *embedding_channels(model.encoder), classes, hidden=config.hidden, dropout=config.dropout
    )
    task = SupervisedTask(copy.deepcopy(model), head, config)
    with tempfile.TemporaryDirectory() as folder, quiet(), interruptible():
        best = ModelCheckpoint(folder, monitor=WATCHED, save_weights_only=True)
        stop = EarlyStopping(WATCHED, patience=config.patience)
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
            callbacks=[best, stop],
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        trainer.fit(
            task,
            training_loader(trained_on, config.residues, config.seed),
            validation_loader(watched, config.residues),
        )
        state = torch.load(best.best_model_path, map_location="cpu", weights_only=True)
    task.load_state_dict(state["state_dict"])
    assert best.best_model_score is not None
    return Fitted(task.eval(), trainer.global_step, float(best.best_model_score))


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
    with torch.inference_mode():
        scores = [
            task(batch.to(task.device)).cpu() for batch in validation_loader(dataset, residues)
        ]
    return torch.cat([torch.zeros(0, task.head.outputs), *scores]).numpy()


def _check_labels(train: LabelledCrops, validation: LabelledCrops, classes: int) -> None:
    for name, crops in (("train on", train), ("validate with", validation)):
        if not len(crops):
            raise ValueError(f"no chains to {name}")
        if int(crops.labels.min()) < 0 or int(crops.labels.max()) >= classes:
            raise ValueError(f"labels to {name} must be from 0 to {classes - 1}")
