"""Contrastive training from chains with classes to a network whose cosines tell relatives."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import timedelta
from os import PathLike
from pathlib import Path
from typing import Any

import lightning as L
import numpy as np
import torch
from lightning.pytorch.callbacks import ModelCheckpoint, Timer
from lightning.pytorch.loggers import CSVLogger
from numpy.typing import ArrayLike, NDArray
from torch.utils.data import DataLoader
from torch_geometric.data import Batch

from proteingraph.datasets.protocol import Corpus
from proteingraph.nn import Whitening
from proteingraph.pretrain import DenoisingModel
from proteingraph.pretrain.batches import CropDataset, validation_loader
from proteingraph.pretrain.checkpoints import Checkpoints, kept_checkpoints, newest_checkpoint
from proteingraph.pretrain.memory import keep_freed_memory
from proteingraph.pretrain.trainer import interruptible, quiet
from proteingraph.tasks.contrastive.batches import ClassBatches, Stretches
from proteingraph.tasks.contrastive.config import ContrastiveConfig
from proteingraph.tasks.contrastive.module import ContrastiveTask, Judge
from proteingraph.tasks.contrastive.projection import Projection
from proteingraph.tasks.stopping import Patience

__all__ = ["Contrasted", "Labelled", "fit_contrastive", "pool_corpus"]

WATCHED = "validation/score"
LAST, BEST = "last", "best"


@dataclass(frozen=True, eq=False)
class Labelled:
    """Chains to train on.

    Attributes:
        corpus: The chains.
        classes: Number of the class of each, ``[n]``.
        groups: Number of the group of each, ``[n]``, such as its fold where classes are
            superfamilies: of two of one group but different classes nothing is demanded.
    """

    corpus: Corpus
    classes: ArrayLike
    groups: ArrayLike


@dataclass(frozen=True, eq=False)
class Contrasted:
    """What contrastive training left.

    Attributes:
        model: Network with the weights that were best on the validation set, in evaluation mode;
            its read-out is the map that was trained with them.
        steps: Steps trained, up to the end or until training was stopped early.
        residues: Residues trained on in these.
        best_score: How good the validation set found what is kept.
    """

    model: DenoisingModel
    steps: int
    residues: int
    best_score: float


def pool_corpus(model: DenoisingModel, corpus: Corpus, residues: int = 2000) -> NDArray[np.float32]:
    """Embed whole chains, without the scale of the network's read-out: ``[n, D]``.

    Args:
        model: Network; not changed.
        corpus: Chains.
        residues: Residues in a batch, about. (default: :obj:`2000`)
    """
    model = _unscaled(model).eval()
    device = next(model.parameters()).device
    with torch.inference_mode():
        pooled = [
            model.embed(batch.to(device)).protein.float().cpu()
            for batch in _whole(model, corpus, residues)
        ]
    return torch.cat([torch.zeros(0, model.readout.pooled_channels), *pooled]).numpy()


def fit_contrastive(
    model: DenoisingModel,
    start: Whitening,
    train: Labelled,
    validation: Corpus,
    judge: Judge,
    folder: str | PathLike[str],
    config: ContrastiveConfig | None = None,
    *,
    resume: bool = False,
) -> Contrasted:
    """Train an encoder, and an affine map of its pooled embeddings, to bring classes together.

    Writes to `folder`: ``last.ckpt`` and ``best.ckpt`` at every judgement, and ``log/``. On the CPU
    the same twice gives the same weights, if the run is limited by steps.

    Args:
        model: Network to start from; not changed, a copy is trained.
        start: The map to start from.
        train: Chains to train on.
        validation: Whole chains that tell when to stop.
        judge: How good their pooled embeddings are; see `Judge`. The map that is trained need not
            be the best to embed with: it does not turn with the encoder as one fitted anew does.
        folder: Made if need be.
        config: Settings. (default: those of `ContrastiveConfig`)
        resume: Go on from the last whole checkpoint in `folder`, if there is one.

    Raises:
        ValueError: If there is nothing to train on, or numbers do not fit together.
        ConfigError: If training diverges, or all checkpoints are damaged.
    """
    config = ContrastiveConfig() if config is None else config
    keep_freed_memory()
    folder = Path(folder)
    last, best = (folder / f"{name}.ckpt" for name in (LAST, BEST))
    found = newest_checkpoint(last, _step, "run of contrastive training") if resume else None
    L.seed_everything(config.seed, verbose=False)
    task = ContrastiveTask(
        _unscaled(model),
        Projection(start),
        torch.from_numpy(np.array(train.classes, np.int64)),
        torch.from_numpy(np.array(train.groups, np.int64)),
        config,
        judge,
    )
    going_on, done = found or (None, 0)
    if going_on is None:
        for path in (*kept_checkpoints(last), best):
            path.unlink(missing_ok=True)
    keep = ModelCheckpoint(folder, BEST, monitor=WATCHED, mode="max", enable_version_counter=False)
    with quiet(), interruptible():
        trainer = _trainer(folder, config, task, keep)
        trainer.fit(
            task,
            _draws(model, train, config, done),
            _whole(model, validation, config.residues),
            ckpt_path=going_on,
            weights_only=None if going_on is None else True,
        )
    task.load_state_dict(torch.load(best, map_location="cpu", weights_only=True)["state_dict"])
    tuned = task.model.cpu().eval()
    tuned.set_readout(task.projection.cpu().whitening())
    assert keep.best_model_score is not None
    return Contrasted(tuned, trainer.global_step, task.residues, float(keep.best_model_score))


def _step(checkpoint: dict[str, Any]) -> int:
    return int(checkpoint["global_step"])


def _trainer(
    folder: Path, config: ContrastiveConfig, task: ContrastiveTask, keep: ModelCheckpoint
) -> L.Trainer:
    # Written after the best one, at every judgement, so that it knows the score of that.
    go_on = ModelCheckpoint(keep.dirpath, LAST, enable_version_counter=False)
    timer = Timer(timedelta(days=365), verbose=False)  # only tells the time: the task stops
    task.clock = timer.time_elapsed
    return L.Trainer(
        accelerator="auto",
        devices=1,
        max_steps=config.steps,
        max_epochs=-1,
        # Judged at least once, however short the run.
        val_check_interval=min(config.validate_every, config.steps),
        check_val_every_n_epoch=None,
        num_sanity_val_steps=0,
        gradient_clip_val=config.clip_norm,
        logger=CSVLogger(folder, name="log", version="", flush_logs_every_n_steps=10),
        log_every_n_steps=10,
        plugins=[Checkpoints()],
        callbacks=[
            timer,
            Patience(WATCHED, mode="max", patience=config.patience),
            keep,
            go_on,
        ],
        enable_progress_bar=False,
        enable_model_summary=False,
    )


def _draws(
    model: DenoisingModel, train: Labelled, config: ContrastiveConfig, start: int
) -> DataLoader[Batch]:
    """Loader of training batches, from batch number `start` on."""
    stretches = Stretches(train.corpus, config.crop, config.shortest, model.backbone)
    batches = ClassBatches(
        train.classes,
        train.corpus.lengths.clip(max=config.crop),
        config.residues,
        config.members,
        config.seed,
        start=start,
    )
    return DataLoader(stretches, batch_sampler=batches, collate_fn=Batch.from_data_list)


def _whole(model: DenoisingModel, corpus: Corpus, residues: int) -> DataLoader[Batch]:
    """Loader of whole chains; a dense network gets one at a time."""
    dataset = CropDataset(corpus, int(corpus.lengths.max(initial=1)), model.backbone)
    return validation_loader(dataset, residues if model.graph is not None else 1)


def _unscaled(model: DenoisingModel) -> DenoisingModel:
    """A copy whose protein embeddings are as they are pooled."""
    model = copy.deepcopy(model)
    model.set_readout(None)
    return model
