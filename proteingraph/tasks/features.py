"""Further features of residues, beside what a network makes of their structure."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["FeatureProjection"]


class FeatureProjection(nn.Module):
    """Brings further features of residues to a common scale, and to few channels.

    Args:
        features: Number of features.
        channels: Channels that they are projected to.

    Shapes:
        - **input:** ``[N, features]``; NaN, or what is not finite, counts as the mean
        - **output:** ``[N, channels]``
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, features: int, channels: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("deviation", torch.ones(features))
        self.linear = nn.Linear(features, channels)

    def fit_scale(self, values: Tensor) -> None:
        """Take mean and standard deviation from the features trained on, ``[N, features]``."""
        known = values.isfinite()
        number = known.sum(dim=0).clamp(min=1)
        filled = torch.where(known, values, 0.0)
        mean = filled.sum(dim=0) / number
        variance = torch.where(known, (filled - mean).square(), 0.0).sum(dim=0) / number
        self.mean.copy_(mean)
        self.deviation.copy_(torch.where(variance > 0, variance.sqrt(), 1.0))

    def forward(self, values: Tensor) -> Tensor:
        """Project features."""
        scaled = (values - self.mean) / self.deviation
        projected: Tensor = self.linear(torch.where(scaled.isfinite(), scaled, 0.0))
        return projected
