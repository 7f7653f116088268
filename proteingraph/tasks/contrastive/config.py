"""Settings of contrastive training."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from proteingraph.pretrain.config import STRICT, Count, CountOrZero, Noise, Positive, Seed, Share

__all__ = ["ContrastiveConfig"]


@dataclass(config=STRICT)
class ContrastiveConfig:
    """How an encoder and a map of its pooled embeddings are trained, by AdamW.

    Attributes:
        steps: Number of optimiser steps, if neither time nor patience ends training before.
        minutes: Wall-clock time of training; None leaves it to `steps`. The learning rate falls
            with whichever of the two is closer to its end.
        validate_every: Steps between judgements of the validation set.
        patience: Judgements without a better one after which training stops; the weights of the
            best are kept.
        temperature: Temperature of the loss.
        learning_rate: Highest learning rate of the map.
        encoder_learning_rate: Highest learning rate of the encoder's last layer.
        layer_decay: Learning rate of a layer of the encoder, as a share of that of the next.
        warmup_steps: Steps of linear warm-up.
        weight_decay: Decoupled weight decay of the encoder.
        map_decay: The same of the map: it decays to the one that training starts from.
        clip_norm: Largest norm of the gradient.
        memory: Steps for which embeddings are remembered, to be compared with those of a batch.
        members: Chains of a class in a batch, at most.
        residues: Residues in a batch, at most.
        crop: Longest stretch of residues that is trained on.
        shortest: Smallest share of a chain that is trained on.
        noise: Noise in Å on coordinates that are trained on.
        seed: Seed of batches, crops and noise.
    """

    steps: Count = 1000
    minutes: Positive | None = None
    validate_every: Count = 100
    patience: Count = 4
    temperature: Positive = 0.1
    learning_rate: Positive = 1e-3
    encoder_learning_rate: Positive = 2e-4
    layer_decay: Annotated[float, Field(gt=0, le=1)] = 0.8
    warmup_steps: CountOrZero = 20
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    map_decay: Annotated[float, Field(ge=0)] = 0.1
    clip_norm: Positive = 1.0
    memory: CountOrZero = 50
    members: Annotated[int, Field(ge=2)] = 3
    residues: Count = 2000
    crop: Count = 256
    shortest: Share = 0.8
    noise: Noise = 0.3
    seed: Seed = 0
