"""Transforms that append columns to `x` or `edge_attr`, alone or many at once."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.transforms import BaseTransform

from proteingraph.transforms._store import append_edge_attributes, append_node_attributes

__all__ = ["EdgeColumns", "NodeColumns", "append_columns"]


class _Columns(BaseTransform):  # type: ignore[misc]
    """Appends columns to an attribute of residues or of edges."""

    append: Callable[..., None]

    def describe(self, data: Data) -> Tensor:
        """Columns of the residues or the edges of a graph or of a batch, ``[N or E, C]``."""
        raise NotImplementedError

    def forward(self, data: Data) -> Data:
        """Describe a graph or a batch."""
        self.append(data, self.describe(data))
        return data

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class NodeColumns(_Columns):
    """Appends columns to `x`."""

    append = staticmethod(append_node_attributes)


class EdgeColumns(_Columns):
    """Appends columns to `edge_attr`."""

    append = staticmethod(append_edge_attributes)


def append_columns(data: Data, transforms: list[NodeColumns | EdgeColumns]) -> None:
    """Append what several transforms tell; one by one, each would copy what is there already."""
    nodes = [part.describe(data) for part in transforms if isinstance(part, NodeColumns)]
    edges = [part.describe(data) for part in transforms if isinstance(part, EdgeColumns)]
    if nodes:
        append_node_attributes(data, *nodes)
    if edges:
        append_edge_attributes(data, *edges)
