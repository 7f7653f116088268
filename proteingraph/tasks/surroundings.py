"""What is around residues, near and farther off, and layers that look at it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from proteingraph.ops import gather, knn_edges, segment_mean, segment_sum

__all__ = ["DISTANCES", "SHAPE_CHANNELS", "Surroundings", "SurroundingsLayer", "find_surroundings"]

NEIGHBORS = 40
DISTANCES = (5.0, 9.0, 14.0)
"""Widths in Å of the Gaussians that neighbours are weighted by."""
SHAPE_CHANNELS = 2 * len(DISTANCES) + 2
CHANNELS = 32


@dataclass(frozen=True, eq=False)
class Surroundings:
    """The nearest residues of N residues, D times weighted.

    Attributes:
        source: Neighbours, those of the first residue first, int64 ``[E]``.
        starts: Where the neighbours of each residue begin, int64 ``[N]``.
        weights: Of each neighbour in the mean over those of its residue, ``[D, E]``.
        shape: Of each residue how dense and how one-sided its surroundings are, ``[N, 2 D + 2]``:
            for each Gaussian the logarithm of 1 + the sum of its neighbours', and the distance to
            their mean in units of the Gaussian's width; then the mean distance of its neighbours
            (nm), and the logarithm of the residues of its protein. Residues of the surface have few
            neighbours, on one side.
    """

    source: Tensor
    starts: Tensor
    weights: Tensor
    shape: Tensor

    def mean(self, values: Tensor) -> Tensor:
        """Weighted means over neighbours, ``[N, D C]`` of values ``[N, C]``."""
        means = [
            # Sums up rows without a copy of them for each neighbour.
            F.embedding_bag(
                self.source,
                values,
                self.starts,
                mode="sum",
                per_sample_weights=weights.to(values.dtype),
            )
            for weights in self.weights
        ]
        return torch.cat(means, dim=-1)


@torch.no_grad()
def find_surroundings(pos: Tensor, batch: Tensor) -> Surroundings:
    """Find the 40 nearest residues of each residue, weighted by Gaussians of 5, 9 and 14 Å.

    Args:
        pos: CA in Å, ``[N, 3]``.
        batch: Protein of each residue, int64 ``[N]``, sorted.
    """
    source, target = knn_edges(pos, NEIGHBORS, batch)
    size = pos.size(0)
    count = torch.bincount(target, minlength=size)
    step = pos[source] - pos[target]
    squared = step.square().sum(dim=-1)
    weights, shape = [], []
    for distance in DISTANCES:
        weight = torch.exp(-squared / distance**2)
        total = segment_sum(weight[:, None], target, size)
        # Far from all others the Gaussians are 0, and so is the mean.
        share = weight / gather(total, target)[:, 0].clamp(min=1e-12)
        mean = segment_sum(share[:, None] * step, target, size)
        weights.append(share)
        shape += [total[:, 0].log1p(), mean.norm(dim=-1) / distance]
    far = segment_mean(squared.sqrt()[:, None], target, size)[:, 0] / 10
    shape += [far, torch.bincount(batch)[batch].to(pos.dtype).log()]
    return Surroundings(
        source, count.cumsum(0) - count, torch.stack(weights), torch.stack(shape, dim=-1)
    )


class SurroundingsLayer(nn.Module):
    """Adds to the state of residues what it makes of the states around them.

    Args:
        channels: Channels of a state.
        dropout: Dropout on hidden channels.

    Shapes:
        - **input:** ``[N, channels]`` and the `Surroundings` of the N residues
        - **output:** ``[N, channels]``
    """

    def __init__(self, channels: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.message = nn.Linear(channels, CHANNELS)
        self.update = nn.Sequential(
            nn.Linear(channels + len(DISTANCES) * CHANNELS, 2 * channels),
            nn.SiLU(),
            nn.Dropout(dropout),
            nn.Linear(2 * channels, channels),
        )

    def forward(self, state: Tensor, surroundings: Surroundings) -> Tensor:
        """Look around."""
        scaled = self.norm(state)
        around = surroundings.mean(self.message(scaled))
        updated: Tensor = state + self.update(torch.cat([scaled, around], dim=-1))
        return updated
