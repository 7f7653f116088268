"""Heads that turn embeddings into predictions."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from proteingraph.nn import CondResNet, Embeddings, GraphEncoder, mean_and_deviation

__all__ = ["ProteinHead", "embedding_channels"]


def embedding_channels(encoder: GraphEncoder | CondResNet) -> tuple[int, int]:
    """Channels of the residue and of the pair embeddings of an encoder.

    Example:
        >>> embedding_channels(GraphEncoder(5, 7, channels=32, pair_channels=16))
        (48, 16)
    """
    channels = int(encoder.config["channels"])
    if isinstance(encoder, CondResNet):
        return channels, channels
    pair = int(encoder.config["pair_channels"])
    return channels + pair, pair


class ProteinHead(nn.Module):
    """Predicts values of a whole protein from its residue and pair embeddings.

    Means and standard deviations over residues and over pairs are brought to the scale that they
    have in the batches trained on (batch normalisation without parameters), and go through a
    perceptron.

    Args:
        residue_channels: Channels of a residue embedding.
        pair_channels: Channels of a pair embedding.
        outputs: Values to predict, such as the number of classes.
        hidden: Hidden channels; 0 for a linear head. (default: :obj:`128`)
        dropout: Dropout on inputs and hidden channels. (default: :obj:`0.2`)

    Shapes:
        - **input:** `Embeddings` of B proteins with N residues, and the protein of each residue,
          int64 ``[N]``, sorted
        - **output:** ``[B, outputs]``
    """

    def __init__(
        self,
        residue_channels: int,
        pair_channels: int,
        outputs: int,
        hidden: int = 128,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.outputs = outputs
        pooled = 2 * (residue_channels + pair_channels)
        self.norm = nn.BatchNorm1d(pooled, affine=False)
        last = nn.Linear(hidden or pooled, outputs)
        layers = [nn.Linear(pooled, hidden), nn.SiLU(), nn.Dropout(dropout)] if hidden else []
        self.layers = nn.Sequential(nn.Dropout(dropout), *layers, last)

    def reset_parameters(self) -> None:
        """Draw new parameters, and forget the scale."""
        self.norm.reset_parameters()
        for layer in self.layers:
            if isinstance(layer, nn.Linear):
                layer.reset_parameters()

    def forward(self, embeddings: Embeddings, batch: Tensor, proteins: int) -> Tensor:
        """Predict the values of each of a number of proteins."""
        pairs = mean_and_deviation(embeddings.pair, batch[embeddings.edge_index[1]], proteins)
        residues = mean_and_deviation(embeddings.residue, batch, proteins)
        scaled = self._scale(torch.cat([pairs, residues], dim=-1))
        values: Tensor = self.layers(scaled)
        return values

    def _scale(self, pooled: Tensor) -> Tensor:
        """Normalise; a protein alone in its batch, which has no spread, by what was seen so far."""
        if pooled.size(0) > 1:
            scaled: Tensor = self.norm(pooled)
            return scaled
        norm = self.norm
        return F.batch_norm(pooled, norm.running_mean, norm.running_var, eps=norm.eps)

    def __repr__(self) -> str:
        inputs = self.norm.num_features
        return f"{type(self).__name__}(pooled={inputs}, outputs={self.outputs})"
