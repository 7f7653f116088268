"""The embedding of a whole protein, read out of the embeddings of its residue pairs."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch_geometric.data import Data

from proteingraph.errors import MissingAttributeError
from proteingraph.nn.embeddings import Embeddings
from proteingraph.nn.pooling import mean_and_deviation
from proteingraph.nn.whitening import Whitening

__all__ = ["ProteinReadout"]

# The first offset in sequence of short, medium and long range, as contacts are classed in CASP.
RANGES = (6, 12, 24)
KINDS = 2 * (len(RANGES) + 1)


class ProteinReadout(nn.Module):
    """Pools pair embeddings apart by offset in sequence and direction, and brings them to scale.

    Pairs fall into eight kinds: under 6, from 6, from 12, and from 24 residues apart in sequence,
    each by whether the source comes after or before the target; pairs of two chains count as far
    apart and after. Mean and standard deviation over each kind (zeros where there is none) are
    centred and put on the axes of a `Whitening`, once there is one, so that the cosine of two
    embeddings tells how alike two proteins are.

    Args:
        pair_channels: Channels of a pair embedding.
        columns: Columns of the embedding after scaling; 0 leaves the pooled
            ``16 * pair_channels`` as they are. (default: :obj:`0`)

    Shapes:
        - **input:** `Embeddings` of B proteins, and their `Data` or `Batch` with ``position`` and
          ``chain`` ``[N]``
        - **output:** ``[B, columns or 16 * pair_channels]``
    """

    mean: Tensor
    axes: Tensor

    def __init__(self, pair_channels: int, columns: int = 0) -> None:
        super().__init__()
        self.pair_channels = pair_channels
        self.pooled_channels = 2 * KINDS * pair_channels
        self.columns = columns
        if columns:
            self.register_buffer("mean", torch.zeros(self.pooled_channels))
            self.register_buffer("axes", torch.zeros(self.pooled_channels, columns))

    @classmethod
    def of(cls, whitening: Whitening, pair_channels: int) -> ProteinReadout:
        """Make a read-out of what :meth:`pool` gave for a reference.

        Raises:
            ValueError: If the whitening is not of as many columns as are pooled.
        """
        readout = cls(pair_channels, whitening.axes.shape[1])
        if whitening.axes.shape[0] != readout.pooled_channels:
            raise ValueError(
                f"a whitening of {whitening.axes.shape[0]} columns does not fit the "
                f"{readout.pooled_channels} that are pooled"
            )
        readout.mean.copy_(torch.from_numpy(whitening.mean))
        readout.axes.copy_(torch.from_numpy(whitening.axes))
        return readout

    def forward(self, embeddings: Embeddings, data: Data) -> Tensor:
        """Embed the proteins of a batch, or a single one."""
        pooled = self.pool(embeddings, data)
        return (pooled - self.mean) @ self.axes if self.columns else pooled

    @staticmethod
    def pool(embeddings: Embeddings, data: Data) -> Tensor:
        """Pool the pairs of each protein, unscaled: ``[B, 16 * pair_channels]``.

        Raises:
            MissingAttributeError: If `position` or `chain` is absent.
        """
        for name in ("position", "chain"):
            if getattr(data, name, None) is None:
                raise MissingAttributeError(
                    f"ProteinReadout needs the graph attribute `{name}`, which a structure's "
                    "`to_data()` gives"
                )
        source, target = embeddings.edge_index
        apart = data.position[source] - data.position[target]
        ranges = torch.tensor(RANGES, device=apart.device)
        kind = torch.bucketize(apart.abs(), ranges, right=True)
        same_chain = data.chain[source] == data.chain[target]
        kind = kind.masked_fill(~same_chain, len(RANGES))
        kind = kind + (KINDS // 2) * (same_chain & (apart < 0))
        batch = getattr(data, "batch", None)
        graphs = embeddings.protein.size(0)
        group = kind if batch is None else batch[target] * KINDS + kind
        order = group.argsort(stable=True)
        pooled = mean_and_deviation(embeddings.pair[order], group[order], graphs * KINDS)
        return pooled.view(graphs, -1)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.pooled_channels}, columns={self.columns})"
