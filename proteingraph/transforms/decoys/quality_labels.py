"""True quality of decoys, as labels."""

from __future__ import annotations

import torch
from torch_geometric.data import Data
from torch_geometric.data.datapipes import functional_transform
from torch_geometric.transforms import BaseTransform

from proteingraph.geometry import gdt_ts, lddt_ca, tm_score
from proteingraph.transforms._store import (
    batch_vector,
    require,
    store_graph_values,
    store_nodes,
)

__all__ = ["QualityLabels"]


@functional_transform("quality_labels")
class QualityLabels(BaseTransform):  # type: ignore[misc]
    """Compares decoys with their natives.

    Functional name: :obj:`quality_labels`.

    Args:
        superposed: Whether to add the scores that are searched over superpositions, GDT_TS and
            TM-score, which take far longer. (default: :obj:`True`)

    Adds ``lddt [N]`` (of CA, in [0, 1]), ``lddt_mask [N]`` (False for residues without a native
    neighbour within 15 Å), ``lddt_modelled [B]`` (over all distances), and ``gdt_ts [B]`` and
    ``tm_score [B]``. The names are those that comparative models' labels have.

    Raises:
        MissingAttributeError: If ``pos_native`` is absent: a decoy must be made first.
    """

    def __init__(self, superposed: bool = True) -> None:
        self.superposed = superposed

    def forward(self, data: Data) -> Data:
        """Label a graph, or each graph of a batch."""
        require(self, data, "pos", "pos_native")
        model, native = data.pos, data.pos_native
        batch = batch_vector(data)
        groups = torch.zeros(len(model), dtype=torch.long, device=model.device)
        groups = groups if batch is None else batch
        store_nodes(data, "lddt", lddt_ca(model, native, batch=groups, per_residue=True))
        whole = lddt_ca(native, native, batch=groups, per_residue=True)
        store_nodes(data, "lddt_mask", whole > 0)
        store_graph_values(data, "lddt_modelled", lddt_ca(model, native, batch=groups))
        if self.superposed:
            store_graph_values(data, "gdt_ts", gdt_ts(model, native, batch=groups))
            store_graph_values(data, "tm_score", tm_score(model, native, batch=groups))
        return data

    def __repr__(self) -> str:
        return f"{type(self).__name__}(superposed={self.superposed})"
