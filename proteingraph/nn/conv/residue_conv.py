"""A message-passing layer that updates residues and edges, conditioned on the noise level."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch_geometric.nn import MessagePassing

from proteingraph.nn.conv.edge_blocks import can_block, update_in_blocks
from proteingraph.ops import add_to_edges, add_to_edges_, gather, segment_mean

__all__ = ["ResidueConv"]


class ResidueConv(MessagePassing):  # type: ignore[misc]
    r"""Updates edge embeddings from their residues, and residues from their edges.

    .. math::
        \hat{h}_i &= (1 + \gamma_\sigma) \odot \mathrm{LN}(h_i) + \beta_\sigma \\
        u_{ij} &= \mathrm{SiLU}(W_e \mathrm{LN}(e_{ij}) + W_s \hat{h}_j + W_t \hat{h}_i) \\
        e_{ij}' &= e_{ij} + W_u u_{ij} \\
        h_i' &= h_i + W_o\, \mathrm{SiLU}\Bigl(W_h \hat{h}_i + W_m \frac{1}{|N(i)|}
            \sum_{j \in N(i)} u_{ij} + W_g \bar{h}\Bigr)

    where :math:`\bar{h}` is the mean of :math:`\hat{h}` over the residues of the graph, and
    :math:`\gamma_\sigma, \beta_\sigma` are linear in the embedding of the noise level. Messages are
    the hidden units of the edge update: an edge is visited once a layer. A graph without edges, or
    a residue without, gets zero messages.

    Args:
        channels: Channels of a residue.
        edge_channels: Channels of an edge.
        hidden_channels: Channels of a message :math:`u_{ij}`.
        noise_channels: Channels of the noise embedding.
        dropout: Dropout on both updates. (default: :obj:`0.0`)
        update_residues: If not set, residues come out as they went in, and there are no parameters
            for their update: for a last layer of which only edges are used.
            (default: :obj:`True`)
        expansion: Hidden channels of the update of a residue, as a multiple of its channels.
            (default: :obj:`2`)

    Shapes:
        - **input:** residues ``[N, channels]``, edges ``[E, edge_channels]``, edge indices
          ``[2, E]`` sorted by target, noise embedding ``[B, noise_channels]``, graph of each
          residue ``[N]``
        - **output:** residues ``[N, channels]``, edges ``[E, edge_channels]``
    """

    def __init__(
        self,
        channels: int,
        edge_channels: int,
        hidden_channels: int,
        noise_channels: int,
        dropout: float = 0.0,
        update_residues: bool = True,
        expansion: int = 2,
    ) -> None:
        super().__init__(aggr="mean", flow="source_to_target")
        self.channels = channels
        self.edge_channels = edge_channels
        self.hidden_channels = hidden_channels
        self.dropout = dropout
        self.update_residues = update_residues
        self.node_norm = nn.LayerNorm(channels, elementwise_affine=False)
        self.edge_norm = nn.LayerNorm(edge_channels)
        self.film = nn.Linear(noise_channels, 2 * channels)
        self.edge_in = nn.Linear(edge_channels, hidden_channels)
        self.source = nn.Linear(channels, hidden_channels, bias=False)
        self.target = nn.Linear(channels, hidden_channels, bias=False)
        self.edge_out = nn.Linear(hidden_channels, edge_channels)
        if update_residues:
            inner = expansion * channels
            self.node_in = nn.Linear(channels + hidden_channels, inner)
            self.context = nn.Linear(channels, inner, bias=False)
            self.node_out = nn.Linear(inner, channels)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new parameters; updates start small, conditioning at none."""
        super().reset_parameters()
        for module in self.children():
            if isinstance(module, nn.Linear | nn.LayerNorm):
                module.reset_parameters()
        nn.init.zeros_(self.film.weight)
        nn.init.zeros_(self.film.bias)
        with torch.no_grad():
            self.edge_out.weight.mul_(0.5)
            if self.update_residues:
                self.node_out.weight.mul_(0.5)

    def forward(
        self, x: Tensor, edge_attr: Tensor, edge_index: Tensor, noise: Tensor, batch: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return updated residues and edges."""
        scale, shift = gather(self.film(noise), batch).chunk(2, dim=-1)
        normed = self.node_norm(x) * (1 + scale) + shift
        drops = self.training and self.dropout > 0
        if can_block(edge_attr, edge_index, x.size(0)) and not (drops or self._is_watched()):
            # Scale and shift of the norm go into weights and biases, and biases to residues.
            weight, norm, last = self.edge_in.weight, self.edge_norm, self.edge_out
            bias = torch.addmv(self.edge_in.bias, weight, norm.bias)
            edge_attr, received = update_in_blocks(
                edge_attr,
                self.source(normed),
                F.linear(normed, self.target.weight, bias),
                weight * norm.weight,
                last.weight,
                last.bias,
                edge_index,
            )
        else:
            edge_attr, received = self._update_edges(edge_attr, normed, edge_index)
        if not self.update_residues:
            return x, edge_attr
        pooled = segment_mean(normed, batch, noise.size(0))
        update = self.node_in(torch.cat([normed, received], dim=-1))
        update = add_to_edges(update, self.context(pooled), batch)
        x = x + F.dropout(self.node_out(F.silu(update)), self.dropout, self.training)
        return x, edge_attr

    def _update_edges(
        self, edge_attr: Tensor, normed: Tensor, edge_index: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return updated edges and what each residue receives."""
        size = (normed.size(0), normed.size(0))
        message = self.edge_updater(
            edge_index,
            edge=self.edge_in(self.edge_norm(edge_attr)),
            from_source=self.source(normed),
            from_target=self.target(normed),
            size=size,
        )
        edge_attr = F.dropout(self.edge_out(message), self.dropout, self.training).add_(edge_attr)
        received = normed.new_zeros(0)
        if self.update_residues:
            received = self.propagate(edge_index, hidden=message, size=size)
        return edge_attr, received

    def _is_watched(self) -> bool:
        """Whether someone looks into the steps of this layer, or has put in modules of his own."""
        steps = ("_propagate", "_message", "_aggregate", "_edge_update")
        hooked = (hooks for name, hooks in vars(self).items() if name.startswith(steps))
        parts = self.edge_norm, self.edge_in, self.target, self.edge_out
        return (
            bool(self.explain)
            or any(hooked)
            or any(
                type(part) not in (nn.Linear, nn.LayerNorm)
                or part._forward_hooks
                or part._forward_pre_hooks
                for part in parts
            )
        )

    def edge_update(
        self, edge: Tensor, from_source_j: Tensor, from_target: Tensor, edge_index_i: Tensor
    ) -> Tensor:
        """Return the hidden units of each edge, from the edge and its two residues."""
        if torch.is_grad_enabled():
            return F.silu(add_to_edges(edge + from_source_j, from_target, edge_index_i))
        # Nobody asks for the summands again, and edges are what memory is spent on.
        hidden = add_to_edges_(from_source_j.add_(edge), from_target, edge_index_i)
        return F.silu(hidden, inplace=True)

    def message(self, hidden: Tensor) -> Tensor:
        """Return what each edge sends: its hidden units."""
        return hidden

    def aggregate(self, inputs: Tensor, index: Tensor, dim_size: int) -> Tensor:
        """Average the messages that a residue receives; zeros where there are none."""
        return segment_mean(inputs, index, dim_size)

    def _index_select(self, src: Tensor, index: Tensor) -> Tensor:
        # In place of PyG's own, whose backward pass is slower on a CPU.
        return gather(src, index)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self.channels}, edge_channels={self.edge_channels}, "
            f"hidden_channels={self.hidden_channels})"
        )
