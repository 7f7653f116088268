"""Backbone torsions φ, ψ, ω as node attributes."""

from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.data.datapipes import functional_transform

from proteingraph.geometry import backbone_torsions
from proteingraph.transforms._attributes import NodeColumns
from proteingraph.transforms._store import neighbors_in_sequence, require

__all__ = ["BackboneTorsions"]


@functional_transform("backbone_torsions")
class BackboneTorsions(NodeColumns):
    """Appends the backbone torsions to `x`.

    Functional name: :obj:`backbone_torsions`.

    9 columns: cosines of φ, ψ, ω, their sines, and whether each exists (zeros where atoms are
    missing, at chain ends and breaks).
    """

    def describe(self, data: Data) -> Tensor:
        """Columns of the residues of a graph or of a batch, ``[N, 9]``."""
        require(self, data, "backbone", "backbone_mask", "position", "chain", "segment")
        previous, following = neighbors_in_sequence(data)
        angles, mask = backbone_torsions(data.backbone, data.backbone_mask, previous, following)
        mask = mask.to(angles)
        return torch.cat([angles.cos() * mask, angles.sin() * mask, mask], -1)
