"""Ends of unbroken stretches as node attributes."""

from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.data.datapipes import functional_transform

from proteingraph.transforms._attributes import NodeColumns
from proteingraph.transforms._store import neighbors_in_sequence, require

__all__ = ["ChainEnds"]


@functional_transform("chain_ends")
class ChainEnds(NodeColumns):
    """Appends whether a residue starts or ends an unbroken stretch to `x`.

    Functional name: :obj:`chain_ends`.

    2 columns: no previous residue, no next residue.
    """

    def describe(self, data: Data) -> Tensor:
        """Columns of the residues of a graph or of a batch, ``[N, 2]``."""
        require(self, data, "pos", "position", "chain", "segment")
        ends = torch.stack(neighbors_in_sequence(data), dim=-1) < 0
        return ends.to(data.pos)
