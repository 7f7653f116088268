"""Noise levels at which structures are perturbed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["NOISE_RANGE", "NoiseSchedule"]

NOISE_RANGE = (1e-4, 1e4)
"""Smallest and largest noise in Å that a network can be told; beyond it single precision fails."""


@dataclass(frozen=True)
class NoiseSchedule:
    r"""Standard deviations of the coordinate noise, in geometric steps from large to small.

    .. math::
        \sigma_l = \sigma_{\max} (\sigma_{\min} / \sigma_{\max})^{l / (n - 1)}, \quad l = 0 .. n-1

    The defaults are those of Guo et al., `"Self-Supervised Pre-training for Protein Embeddings
    Using Tertiary Structures" <https://doi.org/10.1609/aaai.v36i6.20636>`_, AAAI 2022.

    Args:
        largest: Noise of level 0, in Å. (default: :obj:`10.0`)
        smallest: Noise of the last level, in Å. (default: :obj:`0.01`)
        levels: Number of levels. (default: :obj:`61`)
        tilt: How training divides its draws: level :math:`l` has a density in proportion to
            :math:`(l / n)^{\mathrm{tilt} - 1}`. 1 draws all levels alike, as the paper does; above
            1, small noise is drawn more often than large. (default: :obj:`1.0`)

    Raises:
        ValueError: Unless ``largest >= smallest > 0``, both finite, there is at least one level
            (two, if the ends differ), and ``tilt`` is above 0 and finite.

    Example:
        >>> NoiseSchedule(largest=1.0, smallest=0.01, levels=3).sigmas
        tensor([1.0000, 0.1000, 0.0100])
    """

    largest: float = 10.0
    smallest: float = 0.01
    levels: int = 61
    tilt: float = 1.0

    def __post_init__(self) -> None:
        if not math.inf > self.largest >= self.smallest > 0:
            raise ValueError(
                "noise must be finite and fall from largest to smallest > 0 Å, "
                f"got {self.largest} to {self.smallest}"
            )
        if self.levels < 1 or (self.levels == 1 and self.largest != self.smallest):
            raise ValueError(
                f"{self.levels} noise levels cannot span {self.largest} to {self.smallest} Å"
            )
        if not 0 < self.tilt < math.inf:
            raise ValueError(f"tilt must be above 0 and finite, got {self.tilt}")

    @property
    def sigmas(self) -> Tensor:
        """Noise of every level, in Å: float32 of shape ``[levels]``, falling."""
        ratio = torch.linspace(0.0, 1.0, self.levels, dtype=torch.float64)
        return (self.largest * (self.smallest / self.largest) ** ratio).float()

    def draw(self, generator: torch.Generator) -> int:
        """Draw a level to train on."""
        if self.tilt == 1:
            return int(torch.randint(self.levels, (1,), generator=generator))
        share = float(torch.rand(1, generator=generator, dtype=torch.float64))
        return int(self.levels * share ** (1 / self.tilt))

    def nearest_level(self, sigma: Tensor) -> Tensor:
        """Levels nearest to given noise on the logarithmic scale.

        Args:
            sigma: Noise in Å, of any shape.

        Returns:
            int64 tensor of the same shape.
        """
        if self.largest == self.smallest:
            return torch.zeros_like(sigma, dtype=torch.long)
        step = torch.log(torch.tensor(self.smallest / self.largest)) / (self.levels - 1)
        level = torch.log(sigma / self.largest) / step.to(sigma)
        return level.round().long().clamp(0, self.levels - 1)
