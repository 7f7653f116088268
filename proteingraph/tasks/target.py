"""What is predicted: its level, its kind, and the loss that goes with it."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import ArrayLike
from pydantic.dataclasses import dataclass
from torch import Tensor

from proteingraph.errors import DatasetError
from proteingraph.pretrain.config import STRICT

__all__ = ["Target", "label_weights"]

Level = Literal["residue", "protein", "pair"]
Kind = Literal["binary", "multiclass", "regression"]


@dataclass(config=STRICT)
class Target:
    """A property of residues, proteins or pairs of residues.

    Attributes:
        level: ``"residue"``, ``"protein"``, or ``"pair"``: an ordered pair of residues that the
            graph connects.
        kind: ``"binary"`` (labels 0 and 1), ``"multiclass"`` (numbers of classes from 0) or
            ``"regression"``.
        classes: Names of the classes, if there are several.
        bounded: Whether the values of a regression are from 0 to 1, such as lDDT.
        name: What the property is called.
    """

    level: Level = "residue"
    kind: Kind = "binary"
    classes: list[str] = field(default_factory=list)
    bounded: bool = False
    name: str = "label"

    def __post_init__(self) -> None:
        several = self.kind == "multiclass"
        if several and (len(self.classes) < 2 or len(set(self.classes)) < len(self.classes)):
            raise ValueError(f"multiclass needs two classes or more, got {self.classes}")
        if self.classes and not several:
            raise ValueError(f"{self.kind} has no classes to name, got {self.classes}")
        if self.bounded and self.kind != "regression":
            raise ValueError("bounded is about the values of a regression")

    @property
    def outputs(self) -> int:
        """Number of scores that a head gives each item."""
        return len(self.classes) if self.kind == "multiclass" else 1

    def encode(self, labels: ArrayLike) -> Tensor:
        """Turn labels into the tensor that the loss takes.

        Args:
            labels: ``[n]``; NaN, and -1 where there are classes, where there is no label.

        Returns:
            ``[n]``: int64 numbers of classes, -1 without a label; else float32, NaN without one.

        Raises:
            DatasetError: If a label is not allowed.
        """
        values = torch.from_numpy(np.array(labels, np.float64))
        known = values.isfinite()
        if self.kind != "regression":
            known = known & (values != -1)
        seen = values[known]
        highest = {"binary": 1, "multiclass": self.outputs - 1}.get(self.kind)
        if highest is not None and not bool(
            ((seen == seen.round()) & (seen >= 0) & (seen <= highest)).all()
        ):
            raise DatasetError(f"labels of {self.name} must be whole, from 0 to {highest}")
        if self.bounded and not bool(((seen >= 0) & (seen <= 1)).all()):
            raise DatasetError(f"values of {self.name} must be from 0 to 1: leave bounded out")
        if self.kind == "multiclass":
            return torch.where(known, values, -1.0).long()
        return torch.where(known, values, torch.nan).float()

    def labelled(self, labels: Tensor) -> Tensor:
        """Which of the labels that :meth:`encode` gives are there, bool ``[n]``."""
        return labels >= 0 if self.kind == "multiclass" else ~labels.isnan()

    def loss(self, scores: Tensor, labels: Tensor, weights: Tensor, scale: Tensor) -> Tensor:
        """Mean loss of items, all of which have a label; 0 if there are none.

        Cross entropy; of a bounded regression that of its value as if it were a probability, which
        the mean minimises as it does the squared error; of others the Huber loss in units of the
        labels' spread.

        Args:
            scores: ``[n, outputs]``.
            labels: ``[n]``.
            weights: Of the classes, ``[outputs]``; of the positive class ``[1]``.
            scale: Spread of the labels of a regression, ``[]``.
        """
        if not len(labels):
            return scores.sum() * 0.0
        if self.kind == "multiclass":
            return F.cross_entropy(scores, labels, weight=weights)
        if self.kind == "binary":
            return F.binary_cross_entropy_with_logits(scores[:, 0], labels, pos_weight=weights)
        if self.bounded:
            return F.binary_cross_entropy_with_logits(scores[:, 0], labels)
        return F.smooth_l1_loss(scores[:, 0] / scale, labels / scale)

    def values(self, scores: Tensor) -> Tensor:
        """Probabilities or values that scores stand for.

        Args:
            scores: ``[n, outputs]``.

        Returns:
            ``[n, classes]`` of several classes, of which each row sums to 1, else ``[n]``.
        """
        if self.kind == "multiclass":
            return scores.softmax(dim=-1)
        return scores[:, 0].sigmoid() if self.kind == "binary" or self.bounded else scores[:, 0]


def label_weights(target: Target, labels: Tensor, balance: float) -> Tensor:
    """Weights of the classes in the loss: the inverse of their frequency, to a power.

    Args:
        target: What is predicted.
        labels: Those trained on, as `Target.encode` gives them, ``[n]``.
        balance: The power: 0 weighs all items alike, 1 all classes.

    Returns:
        ``[outputs]``; of a binary target that of the positives relative to the negatives.

    Example:
        >>> label_weights(Target(kind="binary"), torch.tensor([0.0, 0, 0, 0, 1]), 0.5)
        tensor([2.])
    """
    labels = labels[target.labelled(labels)]
    if target.kind == "regression" or not len(labels):
        return torch.ones(target.outputs)
    counts = torch.bincount(labels.long(), minlength=max(2, target.outputs)).clamp(min=1).float()
    if target.kind == "binary":
        return (counts[:1] / counts[1:]) ** balance
    return (counts.sum() / (len(counts) * counts)) ** balance
