"""Settings of supervised training."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from proteingraph.noise import NOISE_RANGE
from proteingraph.pretrain.config import STRICT, Count, CountOrZero, Positive, Seed, Share

__all__ = ["TaskConfig"]


@dataclass(config=STRICT)
class TaskConfig:
    """How a network is trained on labels, by AdamW with warm-up and a cosine schedule.

    Attributes:
        mode: ``"finetune"`` trains the encoder as it is given, ``"scratch"`` draws new parameters
            for it first, ``"frozen"`` leaves it alone and trains the head.
        steps: Number of optimiser steps, if training is not stopped early.
        validate_every: Steps between judgements of the validation set.
        patience: Judgements without a better loss after which training stops; the weights of the
            best are kept.
        learning_rate: Highest learning rate of the head, and of an encoder from scratch.
        encoder_learning_rate: Highest learning rate of an encoder that is fine-tuned.
        probe_steps: First steps in which an encoder that is fine-tuned is left alone, so that it is
            not spoilt by the gradients of a head that knows nothing yet (Kumar et al., ICLR 2022,
            `"Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution"
            <https://openreview.net/forum?id=UYneFzXSJWh>`_).
        layer_decay: Share of the learning rate of an encoder's layer that the one below it has,
            where it is fine-tuned: what pre-training learnt of the input is kept.
        warmup_steps: Steps of linear warm-up.
        weight_decay: Decoupled weight decay.
        clip_norm: Largest norm of the gradient.
        hidden: Hidden channels of the head; 0 for a linear one.
        context: Whether the head of a residue also sees means over its neighbours and over the
            whole chain.
        surroundings: Layers of the head of a residue that look at the 40 nearest residues of each,
            see `SurroundingsHead`; 0 for none.
        dropout: Share of the head's inputs and hidden channels that a step leaves out.
        crop: Longest stretch of residues that is trained on; judged and predicted is on the whole.
        residues: Residues in a batch, about.
        balance: Classes weigh as the inverse of their frequency to this power: 0 for all labels
            alike, 1 for all classes alike.
        noise: Standard deviation in Å of noise on the coordinates trained on.
        watch: What tells the best weights: ``"loss"``, or ``"score"``: the average precision,
            macro-averaged F1 or Pearson correlation of the validation set.
        seed: Seed of parameters, order, crops and dropout.
    """

    mode: Literal["finetune", "scratch", "frozen"] = "finetune"
    steps: Count = 500
    validate_every: Count = 50
    patience: Count = 5
    learning_rate: Positive = 1e-3
    encoder_learning_rate: Positive = 3e-4
    probe_steps: CountOrZero = 0
    layer_decay: Annotated[float, Field(gt=0, le=1)] = 1.0
    warmup_steps: CountOrZero = 20
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    clip_norm: Positive = 1.0
    hidden: CountOrZero = 128
    context: bool = False
    surroundings: CountOrZero = 0
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2
    crop: Count = 256
    residues: Count = 3000
    balance: Share = 0.0
    noise: Annotated[float, Field(ge=0, le=NOISE_RANGE[1])] = 0.0
    watch: Literal["loss", "score"] = "loss"
    seed: Seed = 0

    def steps_alone(self) -> int:
        """Steps in which the head is trained alone; all if the encoder is frozen."""
        return {"finetune": self.probe_steps, "scratch": 0}.get(self.mode, self.steps)

    def rate_of_encoder(self) -> float:
        """Highest learning rate of the encoder; 0 if it is frozen."""
        rates = {"finetune": self.encoder_learning_rate, "scratch": self.learning_rate}
        return rates.get(self.mode, 0.0)
