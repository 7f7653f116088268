"""Residue types as node attributes."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.data.datapipes import functional_transform

from proteingraph.transforms._attributes import NodeColumns
from proteingraph.transforms._store import require

__all__ = ["ResidueTypes"]


NUM_TYPES = 22  # 20 amino acids, unknown, masked


@functional_transform("residue_types")
class ResidueTypes(NodeColumns):
    """Appends the one-hot residue type to `x`.

    Functional name: :obj:`residue_types`.

    22 columns: the 20 amino acids by one-letter code, unknown, masked.
    """

    def describe(self, data: Data) -> Tensor:
        """Columns of the residues of a graph or of a batch, ``[N, 22]``."""
        require(self, data, "pos", "residue_type")
        return F.one_hot(data.residue_type, NUM_TYPES).to(data.pos)
