"""Transforms that append columns to `x` or `edge_attr`, alone or many at once."""

from __future__ import annotations

from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.transforms import BaseTransform

from proteingraph.transforms._store import append_edge_attributes, append_node_attributes

__all__ = ["EdgeColumns", "NodeColumns", "append_columns"]


class NodeColumns(BaseTransform):  # type: ignore[misc]
    """Appends columns to `x`."""

    def describe(self, data: Data) -> Tensor:
        """Columns of the residues of a graph or of a batch, ``[N, C]``."""
        raise NotImplementedError

    def forward(self, data: Data) -> Data:
        """Describe the residues of a graph or of a batch."""
        append_node_attributes(data, self.describe(data))
        return data

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class EdgeColumns(BaseTransform):  # type: ignore[misc]
    """Appends columns to `edge_attr`."""

    def describe(self, data: Data) -> Tensor:
        """Columns of the edges of a graph or of a batch, ``[E, C]``."""
        raise NotImplementedError

    def forward(self, data: Data) -> Data:
        """Describe the edges of a graph or of a batch."""
        append_edge_attributes(data, self.describe(data))
        return data

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def append_columns(data: Data, transforms: list[NodeColumns | EdgeColumns]) -> None:
    """Append what several transforms tell; one by one, each would copy what is there already."""
    nodes = [part.describe(data) for part in transforms if isinstance(part, NodeColumns)]
    edges = [part.describe(data) for part in transforms if isinstance(part, EdgeColumns)]
    if nodes:
        append_node_attributes(data, *nodes)
    if edges:
        append_edge_attributes(data, *edges)
