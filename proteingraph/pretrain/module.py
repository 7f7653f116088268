"""Training of a denoising model with the paper's loss."""

from __future__ import annotations

import math
import time
from typing import Any

import lightning as L
import torch
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor
from torch_geometric.data import Batch

from proteingraph.errors import ConfigError
from proteingraph.pretrain.config import ModelConfig, NoiseConfig, PretrainConfig
from proteingraph.pretrain.joint import HiddenTypes
from proteingraph.pretrain.model import UNFIT, DenoisingModel
from proteingraph.transforms import PerturbCoordinates

__all__ = ["GradientEstimation", "build_model", "unit_noise_errors"]


def build_model(model: ModelConfig, noise: NoiseConfig) -> DenoisingModel:
    """Make the network that settings describe.

    Raises:
        ConfigError: If they name an unknown architecture or argument.
    """
    try:
        return DenoisingModel(
            model.architecture, model.graph, model.encoder, noise.schedule(), model.embedding_sigma
        )
    except UNFIT as error:
        raise ConfigError(f"model: {error}") from error


def unit_noise_errors(model: DenoisingModel, batch: Batch) -> Tensor:
    r"""Squared errors of the estimated unit noise, :math:`\sigma^2 (\hat{g} - g)^2`.

    Args:
        model: The network.
        batch: Perturbed structures, as `PerturbCoordinates` leaves them; gets their graph.

    Returns:
        ``[N, 3]``; the mean is 1 for a network that predicts nothing.
    """
    batch = model.prepare(batch)
    return _squared_errors(model(batch), batch)


def _squared_errors(score: Tensor, batch: Batch) -> Tensor:
    sigma = batch.sigma[batch.batch][:, None]
    errors: Tensor = ((score - batch.score) * sigma).square()
    return errors


class GradientEstimation(L.LightningModule):
    r"""Trains a network to estimate the gradient from perturbed to native structures.

    The loss is the mean over residues and coordinates of :math:`\sigma^2 |\hat{g} - g|^2` (Guo et
    al., AAAI 2022, https://doi.org/10.1609/aaai.v36i6.20636), 1 for predicting nothing. With
    `joint.weight` set, the weighted cross-entropy of hidden residue types is added (see
    `HiddenTypes`, whose parameters go to checkpoints but not to saved weights).

    Args:
        config: Settings of the run.
        model: Network to continue with instead of a new one. (default: :obj:`None`)
    """

    def __init__(self, config: PretrainConfig, model: DenoisingModel | None = None) -> None:
        super().__init__()
        self.config = config
        self.model = model if model is not None else build_model(config.model, config.noise)
        backbone = self.model.backbone
        self.perturb = PerturbCoordinates(self.model.schedule, backbone=backbone)
        self.judges = {
            sigma: PerturbCoordinates(self.model.schedule, sigma=sigma, backbone=backbone)
            for sigma in config.data.validation_sigmas
        }
        self.hidden: HiddenTypes | None = None
        if config.joint.weight > 0:
            self.hidden = HiddenTypes(self.model, config.joint.mask_rate)
            self.judge_types = PerturbCoordinates(
                self.model.schedule, sigma=self.model.embedding_sigma, backbone=backbone
            )
        self.elapsed = 0.0  # seconds trained so far, over all resumptions
        self.residues = 0  # residues seen so far
        self.origin: dict[str, Any] = {}  # what a checkpoint tells of how the run began
        self._tick: float | None = None

    @property
    def progress(self) -> float:
        """Share of the run that is done: by steps or by time, whichever is further."""
        steps, minutes = self.config.steps, self.config.minutes
        by_step = 0.0 if steps is None else self.global_step / steps
        by_time = 0.0 if minutes is None else self.elapsed / (60 * minutes)
        return min(1.0, max(by_step, by_time))

    def learning_rate_factor(self) -> float:
        """Share of the highest learning rate at this point: linear warm-up, then cosine."""
        optimizer = self.config.optimizer
        warmup = min(1.0, (self.global_step + 1) / max(1, optimizer.warmup_steps))
        cosine = 0.5 * (1 + math.cos(math.pi * self.progress))
        floor = optimizer.final_learning_rate
        return warmup * (floor + (1 - floor) * cosine)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """AdamW, whose learning rate :meth:`on_train_batch_start` sets."""
        c = self.config.optimizer
        return torch.optim.AdamW(
            self.parameters(), c.learning_rate, (0.9, 0.98), weight_decay=c.weight_decay
        )

    def on_train_start(self) -> None:
        """Start the clock."""
        self._tick = time.monotonic()

    def on_train_end(self) -> None:
        """Stop the clock."""
        self._advance_clock()
        self._tick = None

    def _advance_clock(self) -> None:
        if self._tick is not None:
            now = time.monotonic()
            self.elapsed += now - self._tick
            self._tick = now

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> int | None:
        """Advance the clock, set the learning rate, and stop the run when it is done."""
        self._advance_clock()
        if self.progress >= 1:
            self.trainer.should_stop = True
            return -1
        # What dropout draws depends on the step alone, wherever the run was resumed.
        torch.manual_seed((self.config.seed * 6364136223846793005 + self.global_step) % 2**63)
        rate = self.config.optimizer.learning_rate * self.learning_rate_factor()
        for optimizer in self.trainer.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
        return None

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Perturb a batch and return the loss.

        Raises:
            ConfigError: If the loss is not finite, before weights are spoilt for good.
        """
        if self.hidden is None:
            loss = error = unit_noise_errors(self.model, self.perturb(batch)).mean()
        else:
            error, cross_entropy = self._joint_step(self.hidden, batch)
            loss = error + self.config.joint.weight * cross_entropy
        if not bool(loss.isfinite()):
            raise ConfigError(
                f"training diverged: the error at step {self.global_step + 1} is {loss.item()}; "
                "start anew with a smaller optimizer.learning_rate"
            )
        self.residues += batch.num_nodes
        self.log("train/mse", error, prog_bar=True, batch_size=batch.num_nodes)
        self.log("train/residues", float(self.residues), batch_size=1)
        return loss

    def _joint_step(self, hidden: HiddenTypes, batch: Batch) -> tuple[Tensor, Tensor]:
        """Error of the unit noise and cross-entropy of hidden types, which is logged."""
        batch = self.perturb(hidden.hide(batch))
        estimate = hidden(self.model, batch)
        count = max(1, len(estimate.right))  # none may be hidden of a very small batch
        cross_entropy = estimate.cross_entropy.sum() / count
        self.log("train/type_loss", cross_entropy, batch_size=count)
        self.log("train/type_accuracy", estimate.right.sum() / count, batch_size=count)
        return _squared_errors(estimate.score, batch).mean(), cross_entropy

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Judge a batch at every noise level, and hidden types at that of embeddings."""
        total = torch.zeros((), device=self.device)
        for sigma, perturb in self.judges.items():
            errors = unit_noise_errors(self.model, perturb(batch.clone())).mean()
            total += errors / len(self.judges)
            self.log(
                f"validation/mse_{sigma:g}", errors, batch_size=batch.num_nodes, sync_dist=True
            )
        self.log("validation/mse", total, prog_bar=True, batch_size=batch.num_nodes, sync_dist=True)
        if self.hidden is not None:
            estimate = self.hidden(self.model, self.judge_types(self.hidden.hide(batch)))
            if count := len(estimate.right):
                right, loss = estimate.right.float().mean(), estimate.cross_entropy.mean()
                self.log("validation/type_loss", loss, batch_size=count, sync_dist=True)
                self.log("validation/type_accuracy", right, batch_size=count, sync_dist=True)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Save the clock and the settings beside the weights."""
        self._advance_clock()
        checkpoint["pretrain"] = {
            "elapsed": self.elapsed,
            "residues": self.residues,
            "config": self.config.to_dict(),
            **self.origin,
        }

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Set the clock to where the checkpoint was written."""
        self.elapsed = checkpoint["pretrain"]["elapsed"]
        self.residues = checkpoint["pretrain"]["residues"]
