"""Training of an encoder and a head on labels."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import lightning as L
import torch
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor
from torch_geometric.data import Batch

from proteingraph.errors import ConfigError
from proteingraph.nn import Embeddings
from proteingraph.pretrain import DenoisingModel
from proteingraph.tasks.config import TaskConfig
from proteingraph.tasks.heads import TaskHead
from proteingraph.tasks.metrics import main_score
from proteingraph.tasks.rates import parameter_groups
from proteingraph.tasks.target import Target, label_weights

__all__ = ["SupervisedTask", "match_pairs"]


def match_pairs(edge_index: Tensor, pairs: Tensor, residues: int) -> Tensor:
    """Find ordered pairs of residues among those that a graph connects.

    Args:
        edge_index: Pairs that are connected, ``[2, E]``.
        pairs: Pairs to find, ``[2, P]``.
        residues: Number of residues.

    Returns:
        Column of each in `edge_index`, -1 if it is not connected, int64 ``[P]``.

    Example:
        >>> match_pairs(torch.tensor([[1, 0], [0, 1]]), torch.tensor([[0, 0], [1, 0]]), 2)
        tensor([ 1, -1])
    """
    if not edge_index.size(1):
        return torch.full((pairs.size(1),), -1, device=pairs.device)
    there, order = (edge_index[1] * residues + edge_index[0]).sort()
    wanted = pairs[1] * residues + pairs[0]
    place = torch.searchsorted(there, wanted).clamp(max=len(there) - 1)
    return torch.where(there[place] == wanted, order[place], -1)


class SupervisedTask(L.LightningModule):
    """Predicts properties by a head on the embeddings of native structures.

    Args:
        model: Network whose encoder is trained, drawn anew or left alone, as `config` says; it is
            told the noise at which it embeds.
        head: Head with the outputs and at the level of the target.
        config: Settings.
        target: What is predicted. (default: the class of a protein, as many as the head's outputs)

    Attributes:
        weights: Weights of the classes in the loss, ``[outputs]``.
        offset: What is added to the head's outputs, in units of a regression.
        scale: What they are multiplied by before.
        history: Step, loss and score of each judgement of the validation set.
    """

    weights: Tensor
    offset: Tensor
    scale: Tensor

    def __init__(
        self,
        model: DenoisingModel,
        head: TaskHead,
        config: TaskConfig,
        target: Target | None = None,
    ) -> None:
        super().__init__()
        self.config = config
        self.model = model
        self.head = head
        if target is None:
            names = [str(number) for number in range(head.outputs)]
            target = Target(level="protein", kind="multiclass", classes=names)
        self.target = target
        self.register_buffer("weights", torch.ones(target.outputs))
        self.register_buffer("offset", torch.zeros(()))
        self.register_buffer("scale", torch.ones(()))
        self.history: list[dict[str, float]] = []
        self._judged: list[tuple[Tensor, Tensor]] = []
        self._random: Tensor | None = None
        model.requires_grad_(False)  # of the head for gradients too, which no label trains
        if config.mode == "scratch":
            model.encoder.reset_parameters()
        if config.mode != "frozen":
            model.encoder.requires_grad_(True)

    def fit_scale(self, labels: Tensor) -> None:
        """Take weights of classes, or the scale of values, from the labels trained on, ``[n]``."""
        self.weights.copy_(label_weights(self.target, labels, self.config.balance))
        known = labels[self.target.labelled(labels)]
        if self.target.kind == "regression" and not self.target.bounded and len(known):
            self.offset.copy_(known.mean())
            spread = known.std(correction=0)
            self.scale.copy_(spread if spread > 0 else torch.ones(()))

    def train(self, mode: bool = True) -> SupervisedTask:
        """Set the mode; a frozen encoder stays in that of evaluation."""
        super().train(mode)
        if self.config.mode == "frozen":
            self.model.eval()
        return self

    def embed(self, batch: Batch) -> Embeddings:
        """Embed a batch, whose attributes change; embeddings that were kept are taken."""
        judged = 0 if self.training else 1  # after a step, of which there was none yet
        if "kept_pair" in batch and self.global_step < self.config.steps_alone() + judged:
            return Embeddings(
                batch.kept_residue, batch.kept_pair, batch.kept_protein, batch.kept_index
            )
        trained = torch.is_grad_enabled() and self.global_step >= self.config.steps_alone()
        with torch.set_grad_enabled(trained):
            return self.model.embed(batch)

    def score(self, embeddings: Embeddings, batch: Batch) -> Tensor:
        """Score residues, proteins or pairs by their embeddings, ``[items, outputs]``."""
        features = batch.features if "features" in batch else None
        outputs: Tensor = self.head(
            embeddings, batch.batch, batch.num_graphs, features, batch.pos, batch.residue_type
        )
        return self.offset + self.scale * outputs

    def forward(self, batch: Batch) -> Tensor:
        """Score residues, proteins or pairs, ``[items, outputs]``; changes `batch`."""
        return self.score(self.embed(batch), batch)

    def labelled_scores(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Scores and labels of what has a label (and of pairs, is connected); changes `batch`."""
        embeddings = self.embed(batch)
        scores, labels = self.score(embeddings, batch), batch.y
        there = self.target.labelled(labels)
        if self.target.level == "pair":
            rows = match_pairs(embeddings.edge_index, batch.y_index, batch.num_nodes)
            there = there & (rows >= 0)
            return scores[rows[there]], labels[there]
        return scores[there], labels[there]

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Return the loss of a batch.

        Raises:
            ConfigError: If it is not finite.
        """
        scores, labels = self.labelled_scores(batch)
        loss = self.target.loss(scores, labels, self.weights, self.scale)
        if not bool(loss.isfinite()):
            raise ConfigError(
                f"training diverged at step {self.global_step + 1}: start anew with smaller "
                "learning rates"
            )
        self.log("train/loss", loss, batch_size=batch.num_graphs)
        return loss

    def on_validation_epoch_start(self) -> None:
        """Forget the judgement before."""
        self._judged.clear()

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Keep scores and labels of a batch."""
        scores, labels = self.labelled_scores(batch)
        self._judged.append((scores.float().cpu(), labels.cpu()))

    def on_validation_epoch_end(self) -> None:
        """Judge all at once: few measures are means over batches."""
        scores, labels = (torch.cat(parts) for parts in zip(*self._judged, strict=True))
        target = self.target
        loss = target.loss(scores, labels, self.weights.cpu(), self.scale.cpu())
        score = main_score(target, target.values(scores), labels)
        # What is not defined, as of predictions that are all the same, is no better than nothing.
        score = -1.0 if math.isnan(score) else score
        self.history.append({"step": self.global_step, "loss": float(loss), "score": score})
        self.log("validation/loss", loss)
        self.log("validation/score", score)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep what a resumed run needs to go on as if it had not stopped."""
        checkpoint["task"] = {"history": self.history, "random": torch.get_rng_state()}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take it up again."""
        self.history = list(checkpoint["task"]["history"])
        self._random = checkpoint["task"]["random"].cpu()

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Go on with the random numbers of the checkpoint, whatever loaders have drawn since."""
        if self._random is not None:
            torch.set_rng_state(self._random)
            self._random = None

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """AdamW with rates for the head and the encoder's layers, by schedules that end alike."""
        config = self.config
        groups: list[dict[str, Any]] = parameter_groups(self.head, self.model.encoder, config)
        optimizer = torch.optim.AdamW(
            groups,
            lr=config.learning_rate,
            weight_decay=config.weight_decay,
            fused=self.device.type in ("cpu", "cuda"),
        )
        alone = partial(self._factor, first=config.steps_alone())
        factors: list[Callable[[int], float]] = [self._factor, *[alone] * (len(groups) - 1)]
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factors)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def _factor(self, step: int, first: int = 0) -> float:
        """Share of the highest rate: from a step on linear warm-up, and a cosine down to zero."""
        step, steps = step - first, self.config.steps - first
        warmup = min(1.0, max(0, step + 1) / max(1, self.config.warmup_steps))
        return warmup * 0.5 * (1 + math.cos(math.pi * min(1.0, max(0, step) / max(1, steps))))
