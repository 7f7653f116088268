"""A GVP-GNN, written from its papers: the package of its authors is in no registry.

Jing, Eismann, Suriana, Townshend & Dror, `"Learning from Protein Structure with Geometric Vector
Perceptrons" <https://arxiv.org/abs/2009.01411>`_, ICLR 2021, with the vector gates of Jing,
Eismann, Soni & Dror, `"Equivariant Graph Neural Networks for 3D Macromolecular Structure"
<https://arxiv.org/abs/2106.03843>`_, 2021: without them vectors know nothing of scalars. Residues
and edges have scalars ``[..., n]`` and vectors ``[..., 3, v]`` (axes before channels, so that a
linear layer mixes the channels). Left out are dropout, and what the papers' tasks ask for at input
and output.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["GVP", "GVPConv"]

Features = tuple[Tensor, Tensor]
SMALL = 1e-8


def _norm(vectors: Tensor) -> Tensor:
    """Lengths ``[..., v]`` of vectors ``[..., 3, v]``, with a finite gradient at zero."""
    return vectors.square().sum(dim=-2).clamp(min=SMALL).sqrt()


class GVP(nn.Module):
    """A geometric vector perceptron, gated.

    Args:
        ins: Channels of scalars and of vectors that go in.
        outs: Channels that come out.
        activate: Whether outputs go through the nonlinearities. (default: :obj:`True`)
    """

    def __init__(self, ins: tuple[int, int], outs: tuple[int, int], activate: bool = True) -> None:
        super().__init__()
        (scalars, vectors), (scalars_out, vectors_out) = ins, outs
        hidden = max(vectors, vectors_out)
        self.activate = activate
        self.hidden = nn.Linear(vectors, hidden, bias=False)
        self.vectors = nn.Linear(hidden, vectors_out, bias=False)
        self.scalars = nn.Linear(scalars + hidden, scalars_out)
        self.gate = nn.Linear(scalars_out, vectors_out)

    def forward(self, features: Features) -> Features:
        """Return scalars and vectors."""
        scalars, vectors = features
        hidden = self.hidden(vectors)
        scalars = self.scalars(torch.cat([scalars, _norm(hidden)], dim=-1))
        vectors = self.vectors(hidden)
        gate = self.gate(torch.sigmoid(scalars) if self.activate else scalars)
        vectors = torch.sigmoid(gate)[..., None, :] * vectors
        return torch.relu(scalars) if self.activate else scalars, vectors


class GVPConv(nn.Module):
    """One propagation over the graph, and one step at each residue.

    Messages are three perceptrons of the source and the edge, averaged; the step is two
    perceptrons, with four times the scalars and twice the vectors between them. Each is added to
    the residue and normalised: scalars by a layer norm, vectors by their mean square length.

    Args:
        node: Channels of a residue's scalars and vectors.
        edge: Channels of an edge's.
    """

    def __init__(self, node: tuple[int, int], edge: tuple[int, int]) -> None:
        super().__init__()
        wide = 4 * node[0], 2 * node[1]
        self.message = nn.Sequential(
            GVP((node[0] + edge[0], node[1] + edge[1]), node),
            GVP(node, node),
            GVP(node, node, activate=False),
        )
        self.step = nn.Sequential(GVP(node, wide), GVP(wide, node, activate=False))
        self.norms = nn.ModuleList([nn.LayerNorm(node[0]), nn.LayerNorm(node[0])])

    def forward(self, node: Features, edge: Features, edge_index: Tensor) -> Features:
        """Return new scalars and vectors of the residues."""
        source, target = edge_index
        both = zip(node, edge, strict=True)
        sent = self.message(tuple(torch.cat([of[source], on], dim=-1) for of, on in both))
        degree = target.bincount(minlength=node[0].size(0)).clamp(min=1)
        received = [
            torch.zeros_like(of).index_add(0, target, on) / degree.view(-1, *[1] * (on.dim() - 1))
            for of, on in zip(node, sent, strict=True)
        ]
        node = self._add(node, received, 0)
        return self._add(node, self.step(node), 1)

    def _add(self, node: Features, update: Features | list[Tensor], which: int) -> Features:
        scalars, vectors = (of + by for of, by in zip(node, update, strict=True))
        square = vectors.square().sum(dim=-2, keepdim=True).mean(dim=-1, keepdim=True)
        return self.norms[which](scalars), vectors / square.clamp(min=SMALL).sqrt()
