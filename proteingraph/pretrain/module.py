"""Training of a denoising model with the paper's loss."""

from __future__ import annotations

import math
import time
from typing import Any

import lightning as L
import torch
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn
from torch_geometric.data import Batch

from proteingraph.errors import ConfigError
from proteingraph.nn import GraphEncoder
from proteingraph.pretrain.batches import IDLE
from proteingraph.pretrain.config import ModelConfig, NoiseConfig, PretrainConfig
from proteingraph.pretrain.distributed import (
    JointMean,
    end_together,
    first_of,
    joint_mean,
    shard,
)
from proteingraph.pretrain.joint import HiddenTypes, JointEstimate
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
    `HiddenTypes`, whose parameters go to checkpoints but not to saved weights). Of several
    processes, all means are over the residues of all.

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
        self.processes = 1
        self._tick: float | None = None

    def setup(self, stage: str) -> None:
        """Learn how many processes train together."""
        self.processes = self.trainer.world_size
        if self.processes > 1 and not isinstance(self.model.encoder, GraphEncoder):
            raise ConfigError(
                f"hardware: {self.model.architecture} normalises over whole batches, and trains on "
                "one device: set hardware.devices and hardware.nodes to 1"
            )

    def configure_model(self) -> None:
        """Share out the parameters among processes, if the strategy says so."""
        if self.device_mesh is not None:
            encoder = self.model.encoder
            layers = encoder.convs if isinstance(encoder, GraphEncoder) else nn.ModuleList()
            shard(self, layers, self.device_mesh["data_parallel"])

    def gather(self) -> None:
        """Put a network whose parameters are shared out together again, in the first process."""
        if self.device_mesh is None:
            return
        from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict

        options = StateDictOptions(full_state_dict=True, cpu_offload=True)
        state = get_model_state_dict(self.model, options=options)
        if self.global_rank == 0:
            self.model = build_model(self.config.model, self.config.noise)
            self.model.load_state_dict(state)

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
        c, hardware = self.config.optimizer, self.config.hardware
        # All parameters in one pass, where gradients need no unscaling and are not shared out.
        plain = hardware.strategy == "ddp" and hardware.precision != "16-mixed"
        return torch.optim.AdamW(
            self.parameters(),
            c.learning_rate,
            (0.9, 0.98),
            weight_decay=c.weight_decay,
            fused=plain and self.device.type in ("cpu", "cuda"),
        )

    def on_train_start(self) -> None:
        """Start the clock."""
        if self.processes > 1:
            end_together(self.trainer)
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
        if self.processes > 1 and self.config.minutes is not None:
            self.elapsed = first_of(self.elapsed, self.device)  # all stop at the same step
        if self.progress >= 1:
            self.trainer.should_stop = True
            return -1
        # What dropout draws depends on step and process alone, wherever the run was resumed.
        seed = self.config.seed * 6364136223846793005 + self.global_step
        torch.manual_seed((seed + (self.trainer.global_rank << 40)) % 2**63)
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
            errors = unit_noise_errors(self.model, self.perturb(batch))
            error = self._joint_mean(errors.mean(), batch)
            loss, value = error.share, error.value
        else:
            error, types = self._joint_step(self.hidden, batch)
            loss = error.share + self.config.joint.weight * types.share
            value = error.value + self.config.joint.weight * types.value
        if not bool(value.isfinite()):
            raise ConfigError(
                f"training diverged: the error at step {self.global_step + 1} is {value.item()}; "
                "start anew with a smaller optimizer.learning_rate"
            )
        self.residues += error.count
        self.log("train/mse", error.value, prog_bar=True, batch_size=error.count)
        self.log("train/residues", float(self.residues), batch_size=1)
        return loss

    def _joint_mean(self, mean: Tensor, batch: Batch, count: int | None = None) -> JointMean:
        """Mean over all processes of what counts of their batches: residues, if not told."""
        count = int(batch.num_nodes) if count is None else count
        if self.processes > 1 and int(batch.seed[0]) == IDLE:
            count = 0
        return joint_mean(mean, count, self.processes)

    def _joint_step(self, hidden: HiddenTypes, batch: Batch) -> tuple[JointMean, JointMean]:
        """Error of the unit noise and cross-entropy of hidden types, which is logged."""
        batch = self.perturb(hidden.hide(batch))
        estimate = hidden(self.model, batch)
        errors = _squared_errors(estimate.score, batch)
        types, right = self._type_means(estimate, batch)
        self.log("train/type_loss", types.value, batch_size=types.count)
        self.log("train/type_accuracy", right.value, batch_size=types.count)
        return self._joint_mean(errors.mean(), batch), types

    def _type_means(self, estimate: JointEstimate, batch: Batch) -> tuple[JointMean, JointMean]:
        """Cross-entropy of hidden types and share of right ones."""
        hidden = len(estimate.right)
        count = max(1, hidden)  # none may be hidden of a very small batch
        types, right = estimate.cross_entropy.sum() / count, estimate.right.sum() / count
        return self._joint_mean(types, batch, hidden), self._joint_mean(right, batch, hidden)

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Judge a batch at every noise level, and hidden types at that of embeddings."""
        total = torch.zeros((), device=self.device)
        for sigma, perturb in self.judges.items():
            errors = unit_noise_errors(self.model, perturb(batch.clone()))
            error = self._joint_mean(errors.mean(), batch)
            total += error.value / len(self.judges)
            self.log(f"validation/mse_{sigma:g}", error.value, batch_size=error.count)
        self.log("validation/mse", total, prog_bar=True, batch_size=error.count)
        if self.hidden is not None:
            estimate = self.hidden(self.model, self.judge_types(self.hidden.hide(batch)))
            types, right = self._type_means(estimate, batch)
            if types.count:
                self.log("validation/type_loss", types.value, batch_size=types.count)
                self.log("validation/type_accuracy", right.value, batch_size=types.count)

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
