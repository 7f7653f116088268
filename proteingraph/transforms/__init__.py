"""Transforms from structures to residue graphs, for `torch_geometric.transforms.Compose`."""

from __future__ import annotations

from proteingraph.transforms.backbone_torsions import BackboneTorsions
from proteingraph.transforms.ca_torsions import CATorsions
from proteingraph.transforms.chain_ends import ChainEnds
from proteingraph.transforms.contiguous_crop import ContiguousCrop
from proteingraph.transforms.language_model_features import LanguageModelFeatures
from proteingraph.transforms.mask_residue_types import MaskResidueTypes
from proteingraph.transforms.node_attribute import NodeAttribute
from proteingraph.transforms.perturb_coordinates import PerturbCoordinates
from proteingraph.transforms.radial_basis import RadialBasis
from proteingraph.transforms.relative_orientation import RelativeOrientation
from proteingraph.transforms.residue_features import ResidueFeatures
from proteingraph.transforms.residue_graph import ResidueGraph
from proteingraph.transforms.residue_knn import ResidueKNN
from proteingraph.transforms.residue_position import ResiduePosition
from proteingraph.transforms.residue_radius import ResidueRadius
from proteingraph.transforms.residue_types import ResidueTypes
from proteingraph.transforms.same_chain import SameChain
from proteingraph.transforms.sequence_edges import SequenceEdges
from proteingraph.transforms.sequence_offset import SequenceOffset
from proteingraph.transforms.spatial_crop import SpatialCrop

__all__ = [
    "BackboneTorsions",
    "CATorsions",
    "ChainEnds",
    "ContiguousCrop",
    "LanguageModelFeatures",
    "MaskResidueTypes",
    "NodeAttribute",
    "PerturbCoordinates",
    "RadialBasis",
    "RelativeOrientation",
    "ResidueFeatures",
    "ResidueGraph",
    "ResidueKNN",
    "ResiduePosition",
    "ResidueRadius",
    "ResidueTypes",
    "SameChain",
    "SequenceEdges",
    "SequenceOffset",
    "SpatialCrop",
]
