"""Chain membership of residue pairs as edge attributes."""

from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.data.datapipes import functional_transform

from proteingraph.transforms._attributes import EdgeColumns
from proteingraph.transforms._store import require

__all__ = ["SameChain"]


@functional_transform("same_chain")
class SameChain(EdgeColumns):
    """Appends whether two residues share a chain, and a stretch, to `edge_attr` (2 columns).

    Functional name: :obj:`same_chain`.
    """

    def describe(self, data: Data) -> Tensor:
        """Columns of the edges of a graph or of a batch, ``[E, 2]``."""
        require(self, data, "pos", "edge_index", "chain", "segment")
        source, target = data.edge_index
        chain, segment = (
            value.index_select(0, source) == value.index_select(0, target)
            for value in (data.chain, data.segment)
        )
        return torch.stack([chain, chain & segment], dim=-1).to(data.pos)
