"""A learnt affine map of pooled embeddings to vectors that are compared by cosine."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from proteingraph.nn import Whitening

__all__ = ["Projection"]


class Projection(nn.Module):
    """Centres vectors, brings them to given axes, and mixes these as is learnt.

    Before anything is learnt it is the map that it is made of, and weight decay leads back to that.
    While the encoder changes, :meth:`follow` keeps the centre where its embeddings are.

    Args:
        start: Mean ``[D]`` and scaled axes ``[D, K]``.

    Shapes:
        - **input:** ``[B, D]``
        - **output:** ``[B, K]``, of unit length
    """

    mean: Tensor
    axes: Tensor

    def __init__(self, start: Whitening) -> None:
        super().__init__()
        self.register_buffer("mean", torch.from_numpy(start.mean.astype(np.float32)))
        self.register_buffer("axes", torch.from_numpy(start.axes.astype(np.float32)))
        self.change = nn.Parameter(torch.zeros(self.axes.size(1), self.axes.size(1)))

    def forward(self, pooled: Tensor) -> Tensor:
        """Map vectors."""
        scaled = (pooled - self.mean) @ self.axes
        return F.normalize(scaled + scaled @ self.change, dim=-1)

    def follow(self, pooled: Tensor, share: float = 0.02) -> None:
        """Move the mean a share of the way to that of a batch ``[B, D]``."""
        self.mean.lerp_(pooled.mean(dim=0), share)

    def whitening(self) -> Whitening:
        """The map before lengths are set to 1."""
        axes = self.axes.double() + self.axes.double() @ self.change.detach().double()
        return Whitening(self.mean.double().cpu().numpy(), axes.cpu().numpy())

    def __repr__(self) -> str:
        inputs, outputs = self.axes.shape
        return f"{type(self).__name__}({inputs}, {outputs})"
