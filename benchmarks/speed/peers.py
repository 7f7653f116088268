"""Networks that ours is compared with, each made to estimate the same gradient on the same edges.

All take a batch of perturbed structures with ``edge_index`` and return ``[N, 3]`` in 1/Å. They are
given residue types and distances (equivariant ones: directions too), are as wide as our residues
(128 scalars), and so deep that their parameters are within 10 % of ours. Those of other packages
compute as these packages do. None is told the noise level but by the factor 1/σ of its output.
"""

from __future__ import annotations

import importlib.util
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch_geometric.data import Data

from benchmarks.speed.gvp import GVP, GVPConv

__all__ = ["PEERS", "Peer"]

TYPES, WIDTH, DISTANCES, FARTHEST, DEGREE = 21, 128, 32, 30.0, 30


def _between(data: Data) -> tuple[Tensor, Tensor]:
    """Differences ``[E, 3]`` from source to target, and their lengths ``[E]``, in Å."""
    source, target = data.edge_index
    difference = data.pos[target] - data.pos[source]
    return difference, difference.square().sum(dim=-1).clamp(min=1e-12).sqrt()


def _spread(distance: Tensor) -> Tensor:
    """Gaussians ``[E, 32]`` of distances, as wide as they lie apart."""
    centers = torch.linspace(0.0, FARTHEST, DISTANCES, device=distance.device)
    return _drop_faint(
        torch.exp(-(((distance[:, None] - centers) * DISTANCES / FARTHEST) ** 2) / 2)
    )


def _drop_faint(values: Tensor) -> Tensor:
    """The same without values so small that a processor computes slowly with them, as ours does."""
    return torch.threshold(values, 1e-18, 0.0)


def _scaled(estimate: Tensor, data: Data) -> Tensor:
    return estimate / data.sigma[data.batch][:, None]


class SchNet(nn.Module):
    """The interactions of PyG's SchNet on given edges; its output layers at pairs of residues."""

    def __init__(self) -> None:
        super().__init__()
        from torch_geometric.nn import SchNet as Network

        self.network = Network(WIDTH, WIDTH, 11, cutoff=FARTHEST)

    def forward(self, data: Data) -> Tensor:
        """Estimate the gradient: a scalar an edge on differences, as ours."""
        network, edge_index = self.network, data.edge_index
        difference, distance = _between(data)
        spread = _drop_faint(network.distance_expansion(distance))
        state = network.embedding(data.residue_type)
        for interaction in network.interactions:
            state = state + interaction(state, edge_index, distance, spread)
        state = network.lin1(state)
        pair = state[edge_index[0]] + state[edge_index[1]]
        pull = network.lin2(network.act(pair)) * difference / (distance[:, None] + 1)
        return _scaled(torch.zeros_like(data.pos).index_add(0, edge_index[1], pull), data)


class EGNN(nn.Module):
    """The sparse layers of `egnn-pytorch`: coordinates move, by how much is the estimate."""

    def __init__(self) -> None:
        super().__init__()
        from egnn_pytorch import EGNN_Sparse

        self.embedding = nn.Embedding(TYPES, WIDTH)
        self.layers = nn.ModuleList(
            EGNN_Sparse(WIDTH, norm_feats=True, norm_coors=True) for _ in range(4)
        )

    def forward(self, data: Data) -> Tensor:
        """Estimate the gradient."""
        state = torch.cat([data.pos / 10, self.embedding(data.residue_type)], dim=-1)
        for layer in self.layers:
            state = layer(state, data.edge_index, batch=data.batch)
        return _scaled(10 * state[:, :3] - data.pos, data)


class TensorField(nn.Module):
    """Gated tensor-field layers (l = 1) of `e3nn`; a vector of each residue is the estimate."""

    def __init__(self) -> None:
        super().__init__()
        from e3nn import o3
        from e3nn.nn.models.v2106.gate_points_message_passing import MessagePassing

        hidden = f"{WIDTH}x0e + {3 * WIDTH // 8}x1o"
        self.harmonics = o3.SphericalHarmonics([0, 1], normalize=True, normalization="component")
        self.embedding = nn.Embedding(TYPES, WIDTH)
        self.network = MessagePassing(
            [f"{WIDTH}x0e", *[hidden] * 7, "1x1o"], "0e", "0e + 1o", [DISTANCES, 64], DEGREE
        )

    def forward(self, data: Data) -> Tensor:
        """Estimate the gradient."""
        difference, distance = _between(data)
        one = torch.ones_like(data.pos[:, :1])
        state, sphere = self.embedding(data.residue_type), self.harmonics(difference)
        source, target = data.edge_index
        estimate = self.network(state, one, source, target, sphere, _spread(distance))
        return _scaled(estimate, data)


class GVPGNN(nn.Module):
    """A GVP-GNN from its paper, with vectors as the estimate."""

    def __init__(self) -> None:
        super().__init__()
        node, edge = (WIDTH, 16), (DISTANCES, 1)
        self.embedding = nn.Embedding(TYPES, WIDTH)
        self.layers = nn.ModuleList(GVPConv(node, edge) for _ in range(3))
        self.out = GVP(node, (1, 1), activate=False)

    def forward(self, data: Data) -> Tensor:
        """Estimate the gradient."""
        difference, distance = _between(data)
        edge = _spread(distance), (difference / distance[:, None])[..., None]
        scalars = self.embedding(data.residue_type)
        node = scalars, scalars.new_zeros(len(scalars), 3, 16)
        for layer in self.layers:
            node = layer(node, edge, data.edge_index)
        return _scaled(self.out(node)[1][..., 0], data)


class EquivariantTransformer(nn.Module):
    """The equivariant transformer of TorchMD-NET, its search for neighbors left out."""

    def __init__(self) -> None:
        super().__init__()
        if importlib.util.find_spec("warp") is None:
            # Of 300 MB, and used by its search for neighbors alone, which is left out here.
            search = types.ModuleType("torchmdnet.extensions.ops")
            vars(search)["get_neighbor_pairs_kernel"] = None
            sys.modules["torchmdnet.extensions.ops"] = search
        from torchmdnet.models.torchmd_et import TorchMD_ET

        width = WIDTH - 8  # its heads divide the width, and four layers of 128 are 12 % too many
        self.network = TorchMD_ET(width, 4, cutoff_upper=FARTHEST, max_z=TYPES)
        self.network.distance = _Given()
        self.out = nn.Linear(width, 1, bias=False)

    def forward(self, data: Data) -> Tensor:
        """Estimate the gradient."""
        difference, distance = _between(data)
        self.network.distance.edges = data.edge_index, distance, difference
        _, vectors, *_ = self.network(data.residue_type, data.pos, data.batch)
        return _scaled(self.out(vectors)[..., 0], data)


class _Given(nn.Module):
    """Stands for a search for neighbors: returns what was found already."""

    edges: tuple[Tensor, Tensor, Tensor]

    def forward(self, *_: Any) -> tuple[Tensor, Tensor, Tensor]:
        return self.edges


@dataclass(frozen=True)
class Peer:
    """A network to compare with.

    Attributes:
        make: Makes it, untrained.
        package: What must be installed for it.
        equivariant: Whether it computes with vectors, not with invariants alone.
    """

    make: Callable[[], nn.Module]
    package: str
    equivariant: bool = field(default=True)

    @property
    def installed(self) -> bool:
        """Whether it can be made here."""
        return importlib.util.find_spec(self.package) is not None


PEERS = {
    "SchNet": Peer(SchNet, "torch_geometric", equivariant=False),
    "EGNN": Peer(EGNN, "egnn_pytorch"),
    "e3nn": Peer(TensorField, "e3nn"),
    "GVP-GNN": Peer(GVPGNN, "torch"),
    "TorchMD-NET": Peer(EquivariantTransformer, "torchmdnet"),
}
"""What is compared, by name."""
