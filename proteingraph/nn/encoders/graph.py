"""The message-passing encoder of residue graphs."""

from __future__ import annotations

from os import PathLike
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch_geometric.data import Data

from proteingraph.errors import MissingAttributeError, WeightsError
from proteingraph.nn.conv import ResidueConv
from proteingraph.nn.embeddings import Embeddings
from proteingraph.nn.noise_embedding import NoiseEmbedding
from proteingraph.nn.pooling import mean_and_deviation
from proteingraph.ops import add_to_edges, gather, segment_mean

__all__ = ["GraphEncoder"]


class GraphEncoder(nn.Module):
    r"""Embeds residues, residue pairs and proteins by message passing on a residue graph.

    The network sees invariant attributes only (`x`, `edge_attr`) and the noise level, never
    coordinates. Beside the edge attributes themselves it looks at linear projections :math:`p` of
    them at the resolution of the noise, :math:`\operatorname{asinh}(p / \sigma)`: what matters at
    small noise is how far a distance is from its ideal in units of that noise. The last layer
    updates pairs only: what pre-training reads.

    Args:
        node_channels: Columns of `x`.
        edge_channels: Columns of `edge_attr`.
        channels: Channels of a residue's own state. (default: :obj:`128`)
        pair_channels: Channels of a pair (edge) embedding. (default: :obj:`64`)
        hidden_channels: Channels of a message. (default: :obj:`96`)
        layers: Number of `ResidueConv` layers. (default: :obj:`5`)
        noise_channels: Channels of the noise embedding. (default: :obj:`64`)
        resolved_channels: Number of projections seen at the resolution of the noise.
            (default: :obj:`16`)
        dropout: Dropout on the updates of all layers. (default: :obj:`0.0`)
        expansion: Hidden channels of the update of a residue, as a multiple of `channels`.
            (default: :obj:`2`)

    Raises:
        ValueError: If `dropout` is out of range.

    Shapes:
        - **input:** a `Data` or `Batch` with ``x [N, node_channels]``, ``edge_index [2, E]`` sorted
          by target, ``edge_attr [E, edge_channels]`` and ``sigma [B]``, as made by `ResidueGraph`
        - **output:** `Embeddings`: residue ``[N, channels + pair_channels]`` (the residue's state,
          then the mean over the pairs whose target it is), pair ``[E, pair_channels]``, protein
          ``[B, 2 * pair_channels]`` (mean and standard deviation over the graph's pairs)
    """

    def __init__(
        self,
        node_channels: int,
        edge_channels: int,
        channels: int = 128,
        pair_channels: int = 64,
        hidden_channels: int = 96,
        layers: int = 5,
        noise_channels: int = 64,
        resolved_channels: int = 16,
        dropout: float = 0.0,
        expansion: int = 2,
    ) -> None:
        super().__init__()
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout must be from 0 to below 1, got {dropout}")
        self.config: dict[str, Any] = {
            "node_channels": node_channels,
            "edge_channels": edge_channels,
            "channels": channels,
            "pair_channels": pair_channels,
            "hidden_channels": hidden_channels,
            "layers": layers,
            "noise_channels": noise_channels,
            "resolved_channels": resolved_channels,
            "dropout": dropout,
            "expansion": expansion,
        }
        self.noise = NoiseEmbedding(noise_channels)
        self.node_in = nn.Linear(node_channels, channels)
        self.resolve = nn.Linear(edge_channels, resolved_channels)
        self.edge_in = nn.Linear(edge_channels + resolved_channels, hidden_channels)
        self.edge_noise = nn.Linear(noise_channels, hidden_channels, bias=False)
        self.edge_out = nn.Linear(hidden_channels, pair_channels)
        self.convs = nn.ModuleList(
            ResidueConv(
                channels,
                pair_channels,
                hidden_channels,
                noise_channels,
                dropout,
                update_residues=layer < layers - 1,
                expansion=expansion,
            )
            for layer in range(layers)
        )
        self.node_norm = nn.LayerNorm(channels, elementwise_affine=False)
        self.edge_norm = nn.LayerNorm(pair_channels)

    @classmethod
    def from_pretrained(cls, source: str | PathLike[str], **options: Any) -> GraphEncoder:
        """Load a trained encoder by itself, in evaluation mode.

        Args:
            source: A name of the zoo, a folder of saved weights or a repository of a hub; see
                `proteingraph.zoo.load_model`.
            options: What a download is to heed; see there.

        Raises:
            WeightsError: If they cannot be loaded, or are of another encoder.
        """
        from proteingraph.zoo import load_model

        encoder = load_model(source, **options).encoder
        if not isinstance(encoder, cls):
            raise WeightsError(
                f"{source}: weights of {type(encoder).__name__}, not of {cls.__name__}: load them "
                "with proteingraph.zoo.load_model"
            )
        return encoder

    def reset_parameters(self) -> None:
        """Draw new parameters."""
        parts: list[Any] = [part for part in self.children() if part is not self.convs]
        for part in [*parts, *self.convs]:
            part.reset_parameters()

    def forward(self, data: Data) -> Embeddings:
        """Embed one graph or a batch of graphs at the noise level that `data.sigma` says.

        Raises:
            MissingAttributeError: If the graph lacks an attribute.
        """
        for name in ("x", "edge_index", "edge_attr", "sigma"):
            if getattr(data, name, None) is None:
                source = "PerturbCoordinates, or is set to one value a graph, in Å"
                raise MissingAttributeError(
                    f"{type(self).__name__} needs the graph attribute `{name}`, which comes from "
                    f"{source if name == 'sigma' else 'ResidueGraph'}"
                )
        x, edge_index, sigma = data.x, data.edge_index, data.sigma
        batch = getattr(data, "batch", None)
        if batch is None:
            batch = torch.zeros(x.size(0), dtype=torch.long, device=x.device)
        state, pair = self.encode(x, edge_index, data.edge_attr, sigma, batch)
        received = segment_mean(pair, edge_index[1], x.size(0))
        residue = torch.cat([state, received], dim=-1)
        protein = mean_and_deviation(pair, batch[edge_index[1]], sigma.numel())
        return Embeddings(residue=residue, pair=pair, protein=protein, edge_index=edge_index)

    def encode(
        self, x: Tensor, edge_index: Tensor, edge_attr: Tensor, sigma: Tensor, batch: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Embed residues and pairs, given tensors instead of a `Data` (this is what compiles).

        Returns:
            States of residues ``[N, channels]`` and pair embeddings ``[E, pair_channels]``.
        """
        noise = self.noise(sigma)
        target = edge_index[1]
        resolved = torch.asinh(self.resolve(edge_attr) / gather(sigma[batch][:, None], target))
        hidden = self.edge_in(torch.cat([edge_attr, resolved], dim=-1))
        hidden = add_to_edges(hidden, gather(self.edge_noise(noise), batch), target)
        pair = self.edge_out(F.silu(hidden))
        residue = self.node_in(x)
        for conv in self.convs:
            residue, pair = conv(residue, pair, edge_index, noise, batch)
        return self.node_norm(residue), self.edge_norm(pair)

    def __repr__(self) -> str:
        c = self.config
        return (
            f"{type(self).__name__}(channels={c['channels']}, pair_channels={c['pair_channels']}, "
            f"layers={c['layers']})"
        )
