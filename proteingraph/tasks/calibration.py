"""Calibration of probabilities by a temperature."""

from __future__ import annotations

from dataclasses import field

import torch
import torch.nn.functional as F
from pydantic.dataclasses import dataclass
from torch import Tensor

from proteingraph.pretrain.config import STRICT, Positive
from proteingraph.tasks.target import Target

__all__ = ["Calibration", "fit_calibration"]

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
