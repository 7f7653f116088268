"""Training of an encoder so that the cosine of its pooled embeddings tells relatives."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import lightning as L
import numpy as np
import torch
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from numpy.typing import NDArray
from torch import Tensor, nn
from torch_geometric.data import Batch

from proteingraph.errors import ConfigError
from proteingraph.nn import GraphEncoder
from proteingraph.pretrain import DenoisingModel
from proteingraph.tasks.contrastive.config import ContrastiveConfig
from proteingraph.tasks.contrastive.loss import supervised_contrastive_loss
from proteingraph.tasks.contrastive.projection import Projection
from proteingraph.transforms import PerturbCoordinates

__all__ = ["ContrastiveTask", "Judge"]


Judge = Callable[[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]], float]
"""How good the pooled embeddings of validation chains ``[m, D]`` are, given those of chains that
were trained on ``[n, D]`` as last embedded, which tell their scale, and their classes ``[n]``."""


class ContrastiveTask(L.LightningModule):
    """Trains encoder and projection with the supervised contrastive loss.

    Few chains fit into a batch, so each is compared not with the others of its batch alone, but
    also with those of the batches before, as they were embedded then, since the encoder changes
    slowly: Wang et al., `"Cross-Batch Memory for Embedding Learning"
    <https://arxiv.org/abs/1912.06798>`_, CVPR 2020. Here the memory holds pooled embeddings, which
    the projection maps as it stands.

    Args:
        model: Network whose encoder is trained; protein embeddings as they are pooled.
        projection: Map of pooled embeddings that is trained with it.
        classes: Number of the class of each training chain, int64 ``[n]``.
        groups: Number of the group of each, int64 ``[n]``: chains of one group but different
            classes shall be neither near nor far.
        config: Settings.
        judge: See `Judge`.
    """

    memory: Tensor
    embedded: Tensor
    classes: Tensor
    groups: Tensor

    def __init__(
        self,
        model: DenoisingModel,
        projection: Projection,
        classes: Tensor,
        groups: Tensor,
        config: ContrastiveConfig,
        judge: Judge,
    ) -> None:
        super().__init__()
        self.config = config
        self.model = model.requires_grad_(False)
        model.encoder.requires_grad_(True)
        self.projection = projection
        self.register_buffer("memory", torch.zeros(len(classes), len(projection.mean)))
        self.register_buffer("embedded", torch.full((len(classes),), -math.inf))
        self.register_buffer("classes", classes)
        self.register_buffer("groups", groups)
        self.perturb = PerturbCoordinates(
            model.schedule, sigma=config.noise, backbone=model.backbone
        )
        self.judge = judge
        self.clock: Callable[[], float] = lambda: 0.0
        self.residues = 0  # residues seen so far
        self._judged: list[Tensor] = []

    @property
    def progress(self) -> float:
        """Share of the run that is done: by steps or by time, whichever is further."""
        steps, minutes = self.config.steps, self.config.minutes
        by_time = 0.0 if minutes is None else self.clock() / (60 * minutes)
        return min(1.0, max(self.global_step / steps, by_time))

    def forward(self, batch: Batch) -> Tensor:
        """Embed a batch, without projection: ``[B, D]``; changes `batch`."""
        pooled: Tensor = self.model.embed(batch).protein
        return pooled

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Return the loss of a batch, and remember its embeddings.

        Raises:
            ConfigError: If the loss is not finite.
        """
        rows = batch.y
        pooled = self(self.perturb(batch))
        self.projection.follow(pooled.detach())
        vectors = self.projection(pooled)
        recent = self.global_step - self.embedded <= self.config.memory
        recent[rows] = False  # as they are now, not as they were
        known = recent.nonzero().squeeze(1)
        with torch.no_grad():
            remembered = self.projection(self.memory[known])
        others = torch.cat([rows, known])
        own = self.classes[rows][:, None] == self.classes[others]
        group = self.groups[rows][:, None] == self.groups[others]
        other = rows[:, None] != others
        loss = supervised_contrastive_loss(
            vectors @ torch.cat([vectors, remembered]).T,
            own & other,
            other & (own | ~group),
            self.config.temperature,
        )
        if not bool(loss.isfinite()):
            raise ConfigError(
                f"training diverged at step {self.global_step + 1}: start anew with smaller "
                "learning rates"
            )
        self.memory[rows] = pooled.detach()
        self.embedded[rows] = self.global_step
        self.residues += batch.num_nodes
        self.log("train/loss", loss, batch_size=len(rows), prog_bar=True)
        return loss

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> int | None:
        """Set the learning rates, and stop the run when it is done."""
        if self.progress >= 1:
            self.trainer.should_stop = True
            return -1
        warmup = min(1.0, (self.global_step + 1) / max(1, self.config.warmup_steps))
        factor = warmup * 0.5 * (1 + math.cos(math.pi * self.progress))
        for optimizer in self.trainer.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["highest"] * factor
        return None

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Embed a batch."""
        self._judged.append(self(batch).cpu())

    def on_validation_epoch_end(self) -> None:
        """Judge all validation chains together."""
        known = self.embedded.isfinite()
        score = self.judge(
            torch.cat(self._judged).numpy(),
            self.memory[known].cpu().numpy(),
            self.classes[known].cpu().numpy(),
        )
        self._judged.clear()
        self.log("validation/score", score)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Save how much was seen."""
        checkpoint["residues"] = self.residues

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on counting from there."""
        self.residues = checkpoint["residues"]

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """AdamW with a rate for the projection and one for each layer of the encoder."""
        config = self.config
        groups = [
            {
                "params": list(self.projection.parameters()),
                "highest": config.learning_rate,
                "weight_decay": config.map_decay,
            }
        ]
        rate = config.encoder_learning_rate
        for parameters in _layers(self.model.encoder):
            groups.append(
                {"params": parameters, "highest": rate, "weight_decay": config.weight_decay}
            )
            rate *= config.layer_decay
        return torch.optim.AdamW(groups, lr=0.0, fused=self.device.type in ("cpu", "cuda"))


def _layers(encoder: nn.Module) -> list[list[nn.Parameter]]:
    """Parameters of each layer from the last to the first, then those of no layer."""
    convs = reversed(encoder.convs) if isinstance(encoder, GraphEncoder) else []
    layers = [list(conv.parameters()) for conv in convs]
    known = {parameter for layer in layers for parameter in layer}
    return [*layers, [p for p in encoder.parameters() if p not in known]]
