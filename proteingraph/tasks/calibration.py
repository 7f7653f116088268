"""Calibration: probabilities by a temperature, and the interval of a mean."""

from __future__ import annotations

import math
from dataclasses import field
from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor

from proteingraph.pretrain.config import STRICT, Positive, Share
from proteingraph.tasks.target import Target

__all__ = ["Calibration", "Interval", "fit_calibration", "fit_interval"]

STEPS = 100
TEMPERATURES = (0.05, 20.0)


@dataclass(config=STRICT)
class Calibration:
    """What scores are divided by, and shifted by afterwards, before they become probabilities.

    Attributes:
        temperature: Above 1 where the network is too sure of itself.
        shift: Added to the score of each class, or to that of the positive one; empty for none.
    """

    temperature: Positive = 1.0
    shift: list[float] = field(default_factory=list)

    def __call__(self, scores: Tensor) -> Tensor:
        """Calibrate scores, ``[n, outputs]``."""
        scores = scores / self.temperature
        return scores + scores.new_tensor(self.shift) if self.shift else scores


@dataclass(config=STRICT)
class Interval:
    """How far the mean of predicted values over a chain may be from the true one.

    Attributes:
        level: Share of chains, of the kind that it was found on, within it.
        half_width: Largest difference within it, in units of the values.
    """

    level: Share
    half_width: Annotated[float, Field(ge=0)]


def fit_interval(predicted: Tensor, true: Tensor, level: float = 0.9) -> Interval | None:
    """Find the interval of a prediction from the errors of held-out ones (split conformal).

    Its half-width is the error of rank ``ceil((n + 1) level)``, smallest first: a new item that is
    exchangeable with these n is within it with a probability of the level at least. Lei, G'Sell,
    Rinaldo, Tibshirani & Wasserman, `"Distribution-Free Predictive Inference for Regression"
    <https://arxiv.org/abs/1604.04173>`_, JASA 2018. All items count alike: where they come in
    groups, such as many models of one target, the level is that of items of these groups, and less
    sure of a new group the fewer groups there are.

    Args:
        predicted: ``[n]``.
        true: ``[n]``.
        level: Probability. (default: :obj:`0.9`)

    Returns:
        None if there are too few for the level, such as fewer than nine for 0.9.

    Example:
        >>> fit_interval(torch.zeros(9), torch.arange(9.0) / 10)
        Interval(level=0.9, half_width=0.8)
    """
    errors = (predicted - true).abs().double().sort().values
    rank = math.ceil(round((len(errors) + 1) * level, 9))
    if not 1 <= rank <= len(errors):
        return None
    return Interval(level, round(float(errors[rank - 1]), 6))


def fit_calibration(
    target: Target, scores: Tensor, labels: Tensor, shifted: bool = False
) -> Calibration:
    """Find the temperature at which the cross entropy of held-out items is smallest.

    Temperature scaling: Guo, Pleiss, Sun & Weinberger, `"On Calibration of Modern Neural Networks"
    <https://proceedings.mlr.press/v70/guo17a.html>`_, ICML 2017. Weights that balance classes in
    training move their scores, which a shift of each undoes: Alexandari, Kundaje & Shrikumar,
    `"Maximum Likelihood with Bias-Corrected Calibration is Hard-To-Beat at Label Shift Adaptation"
    <https://proceedings.mlr.press/v119/alexandari20a.html>`_, ICML 2020.

    Args:
        target: What is predicted; values of a regression are left as they are.
        scores: Of held-out items, all of which have a label, ``[n, outputs]``.
        labels: ``[n]``.
        shifted: Whether to find a shift too. (default: :obj:`False`)
    """
    if target.kind == "regression" or bool((labels == labels[:1]).all()):
        return Calibration()
    scores = scores.detach().double()
    ones = torch.ones(target.outputs, dtype=torch.float64)
    logarithm = torch.zeros((), dtype=torch.float64, requires_grad=True)
    shift = torch.zeros(target.outputs, dtype=torch.float64, requires_grad=shifted)
    parameters = [logarithm, shift] if shifted else [logarithm]
    optimizer = torch.optim.LBFGS(parameters, max_iter=STEPS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        scaled = scores / logarithm.exp() + shift
        if target.kind == "binary":
            loss = F.binary_cross_entropy_with_logits(scaled[:, 0], labels.double())
        else:
            loss = target.loss(scaled, labels, ones, ones[0])
        # Classes that are told apart without a mistake have no best temperature.
        loss = loss + 1e-4 * (logarithm.square() + shift.square().sum())
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    temperature = float(logarithm.detach().exp().clamp(*TEMPERATURES))
    return Calibration(temperature, shift.tolist() if shifted else [])
