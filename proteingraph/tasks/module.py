"""Training of an encoder and a head on labels."""

from __future__ import annotations

import math
from typing import Any

import lightning as L
import torch
import torch.nn.functional as F
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor
from torch_geometric.data import Batch

from proteingraph.errors import ConfigError
from proteingraph.pretrain import DenoisingModel
from proteingraph.tasks.config import TaskConfig
from proteingraph.tasks.heads import ProteinHead

__all__ = ["SupervisedTask"]


class SupervisedTask(L.LightningModule):
    """Classifies proteins by a head on the embeddings of native structures.

    Args:
        model: Network whose encoder is trained, drawn anew or left alone, as `config` says; it is
            told the noise at which it embeds.
        head: Head whose outputs are the scores of the classes.
        config: Settings.
    """

    def __init__(self, model: DenoisingModel, head: ProteinHead, config: TaskConfig) -> None:
        super().__init__()
        self.config = config
        self.model = model
        self.head = head
        model.requires_grad_(False)  # of the head for gradients too, which no label trains
        if config.mode == "scratch":
            model.encoder.reset_parameters()
        if config.mode != "frozen":
            model.encoder.requires_grad_(True)

    def train(self, mode: bool = True) -> SupervisedTask:
        """Set the mode; a frozen encoder stays in that of evaluation."""
        super().train(mode)
        if self.config.mode == "frozen":
            self.model.eval()
        return self

    def forward(self, batch: Batch) -> Tensor:
        """Score the classes of each protein, ``[B, classes]``; changes `batch`."""
        trained = torch.is_grad_enabled() and self.config.mode != "frozen"
        with torch.set_grad_enabled(trained):
            embeddings = self.model.embed(batch)
        scores: Tensor = self.head(embeddings, batch.batch, batch.num_graphs)
        return scores

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Return the cross entropy of a batch.

        Raises:
            ConfigError: If it is not finite.
        """
        loss = F.cross_entropy(self(batch), batch.y)
        if not bool(loss.isfinite()):
            raise ConfigError(
                f"training diverged at step {self.global_step + 1}: start anew with smaller "
                "learning rates"
            )
        self.log("train/loss", loss, batch_size=batch.num_graphs)
        return loss

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Judge a batch."""
        scores = self(batch)
        hits = (scores.argmax(dim=-1) == batch.y).float().mean()
        size = batch.num_graphs
        self.log("validation/loss", F.cross_entropy(scores, batch.y), batch_size=size)
        self.log("validation/accuracy", hits, batch_size=size)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """AdamW with a rate for the head and one for the encoder, both by the same schedule."""
        config = self.config
        groups: list[dict[str, Any]] = [{"params": self.head.parameters()}]
        if config.mode != "frozen":
            encoder = self.model.encoder.parameters()
            groups.append({"params": encoder, "lr": config.rate_of_encoder()})
        optimizer = torch.optim.AdamW(
            groups, lr=config.learning_rate, weight_decay=config.weight_decay
        )
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, self._factor)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def _factor(self, step: int) -> float:
        """Share of the highest learning rate: linear warm-up, and a cosine down to zero."""
        warmup = min(1.0, (step + 1) / max(1, self.config.warmup_steps))
        return warmup * 0.5 * (1 + math.cos(math.pi * min(1.0, step / self.config.steps)))
