"""The recommended recipe from a structure to a residue graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch_geometric.data import Data
from torch_geometric.data.datapipes import functional_transform
from torch_geometric.transforms import BaseTransform, Compose

from proteingraph.transforms._attributes import EdgeColumns, NodeColumns, append_columns
from proteingraph.transforms.backbone_torsions import BackboneTorsions
from proteingraph.transforms.ca_torsions import CATorsions
from proteingraph.transforms.chain_ends import ChainEnds
from proteingraph.transforms.radial_basis import RadialBasis
from proteingraph.transforms.relative_orientation import RelativeOrientation
from proteingraph.transforms.residue_knn import ResidueKNN
from proteingraph.transforms.residue_types import ResidueTypes
from proteingraph.transforms.same_chain import SameChain
from proteingraph.transforms.sequence_edges import SequenceEdges
from proteingraph.transforms.sequence_offset import SequenceOffset

__all__ = ["ResidueGraph"]


@functional_transform("residue_graph")
class ResidueGraph(BaseTransform):  # type: ignore[misc]
    """Turns a structure into a residue graph with invariant attributes.

    Functional name: :obj:`residue_graph`.

    The recommended recipe. Edges: sequence neighbors, filled up with the nearest residues to ``k``
    a residue. Node attributes: residue type, virtual Cα angles and torsions, chain ends. Edge
    attributes: radial basis, sequence offset, chain membership, relative orientation. It is a
    `T.Compose` of the package's transforms, given by :attr:`transform`: take that apart for a
    recipe of your own.

    Args:
        k: Edges a residue receives. (default: :obj:`24`)
        offsets: Offsets in sequence that are always connected.
            (default: :obj:`(1, 2, 3, 4, 6, 8, 12, 16)`)
        residue_types: Whether the network sees residue types. (default: :obj:`True`)
        orientation: Whether it sees relative orientations. (default: :obj:`True`)
        backbone: Whether it sees N, C and O atoms: backbone torsions and N-CA-C frames instead of
            what Cα atoms give alone. (default: :obj:`False`)

    Needs ``pos``, ``residue_type``, ``position``, ``chain``, ``segment``; sets ``edge_index``,
    ``x`` and ``edge_attr``, from the coordinates as they are (so: after `PerturbCoordinates`).
    """

    def __init__(
        self,
        k: int = 24,
        offsets: Sequence[int] = (1, 2, 3, 4, 6, 8, 12, 16),
        residue_types: bool = True,
        orientation: bool = True,
        backbone: bool = False,
    ) -> None:
        self.config: dict[str, Any] = {
            "k": k,
            "offsets": list(offsets),
            "residue_types": residue_types,
            "orientation": orientation,
            "backbone": backbone,
        }
        steps: list[BaseTransform] = [SequenceEdges(offsets), ResidueKNN(k)]
        steps += [ResidueTypes()] if residue_types else []
        steps += [CATorsions(), ChainEnds()]
        steps += [BackboneTorsions()] if backbone else []
        steps += [RadialBasis(), SequenceOffset(), SameChain()]
        if orientation:
            steps.append(RelativeOrientation("backbone" if backbone else "ca"))
        self.transform = Compose(steps)

    @property
    def node_channels(self) -> int:
        """Number of columns of `x`."""
        return 8 + 22 * bool(self.config["residue_types"]) + 9 * bool(self.config["backbone"])

    @property
    def edge_channels(self) -> int:
        """Number of columns of `edge_attr`."""
        radial = next(t for t in self.transform.transforms if isinstance(t, RadialBasis))
        return len(radial.centers) + 31 + 15 * bool(self.config["orientation"])

    def forward(self, data: Data) -> Data:
        """Build the graph of a structure, or of each structure of a batch."""
        columns = []
        for step in self.transform.transforms:
            if isinstance(step, NodeColumns | EdgeColumns):
                columns.append(step)
            else:
                data = step(data)
        append_columns(data, columns)
        return data

    def __repr__(self) -> str:
        arguments = ", ".join(f"{key}={value}" for key, value in self.config.items())
        return f"{type(self).__name__}({arguments})"
