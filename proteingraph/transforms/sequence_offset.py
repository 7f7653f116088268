"""Offsets in sequence as edge attributes."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.data.datapipes import functional_transform

from proteingraph.transforms._attributes import EdgeColumns
from proteingraph.transforms._store import require

__all__ = ["SequenceOffset"]


# Lower ends of the bins of the offset's size: single residues at first, doubling later.
BINS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 17, 25, 33, 65)


def _columns_by_offset() -> Tensor:
    """Columns of the offsets from -65 to 65, and in the last row of different chains."""
    offset = torch.arange(-BINS[-1], BINS[-1] + 1)
    size = torch.bucketize(offset.abs(), torch.tensor(BINS), right=True).sub(1).clamp(min=0)
    column = torch.where(offset > 0, size, size + len(BINS))
    return F.one_hot(torch.cat([column, torch.tensor([2 * len(BINS)])])).float()


_COLUMNS = _columns_by_offset()


@functional_transform("sequence_offset")
class SequenceOffset(EdgeColumns):
    """Appends the signed offset in sequence to `edge_attr`.

    Functional name: :obj:`sequence_offset`.

    29 columns, one-hot: 14 bins of the offset (1, 2, ..., 8, then 9-12, 13-16, 17-24, 25-32, 33-64
    and above) when the source precedes the target, 14 when it follows, and one for residues of
    different chains.
    """

    def describe(self, data: Data) -> Tensor:
        """Columns of the edges of a graph or of a batch, ``[E, 29]``."""
        require(self, data, "pos", "edge_index", "position", "chain")
        source, target = data.edge_index
        position, chain = data.position, data.chain
        offset = position.index_select(0, target) - position.index_select(0, source)
        row = offset.clamp_(-BINS[-1], BINS[-1]).add_(BINS[-1])
        same = chain.index_select(0, source) == chain.index_select(0, target)
        # Rows of a table that fits into a core's cache are copied faster than they are made.
        return _COLUMNS.to(data.pos).index_select(0, torch.where(same, row, len(_COLUMNS) - 1))
