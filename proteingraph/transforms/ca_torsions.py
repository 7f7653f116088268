"""Virtual Cα bond angles and torsions as node attributes."""

from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.data.datapipes import functional_transform

from proteingraph.geometry import ca_angles, ca_torsions
from proteingraph.transforms._attributes import NodeColumns
from proteingraph.transforms._store import neighbors_in_sequence, require

__all__ = ["CATorsions"]


@functional_transform("ca_torsions")
class CATorsions(NodeColumns):
    """Appends the virtual Cα bond angle and torsion to `x`.

    Functional name: :obj:`ca_torsions`.

    6 columns: cosine and sine of the angle at the residue, cosine and sine of the torsion over
    residues i-1, i, i+1, i+2, and whether each of the two exists (zeros where it does not). The
    torsion's sine tells a structure from its mirror image.
    """

    def describe(self, data: Data) -> Tensor:
        """Columns of the residues of a graph or of a batch, ``[N, 6]``."""
        require(self, data, "pos", "position", "chain", "segment")
        previous, following = neighbors_in_sequence(data)
        columns = []
        for angle, mask in (
            ca_angles(data.pos, previous, following),
            ca_torsions(data.pos, previous, following),
        ):
            columns += [angle.cos() * mask, angle.sin() * mask, mask]
        return torch.stack([c.to(data.pos) for c in columns], dim=-1)
