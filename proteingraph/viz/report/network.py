"""What a network says of a structure: residue graph, gradient and embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch_geometric.data import Data

from proteingraph.embedding import ChainEmbedding, embed_graphs, standardize
from proteingraph.errors import StructureError
from proteingraph.io import Structure
from proteingraph.pretrain import DenoisingModel, estimate_gradient
from proteingraph.pretrain.denoised import SUSPECTED_NOISE
from proteingraph.pretrain.model import visible_attributes
from proteingraph.transforms import ResidueGraph
from proteingraph.viz.report.columns import ResidueColumn

__all__ = ["NetworkView", "component_columns", "score_column", "view_structure"]


@dataclass(frozen=True, eq=False)
class NetworkView:
    """What a network sees in a structure of L residues, and what it makes of it.

    Attributes:
        edge_index: Source and target row of each edge of the residue graph, int64 ``[2, E]``,
            sorted by target.
        score: Estimated gradient in 1/Å, float32 ``[L, 3]``; NaN without CA.
        sigma: Noise in Å that the network was told for it.
        residue: Residue embeddings, float32 ``[L, C]``; NaN without CA.
        chains: Embeddings of each chain, or of all together.
        dense: Whether the network sees all pairs: then the graph is that of the default recipe.
    """

    edge_index: npt.NDArray[np.int64]
    score: npt.NDArray[np.float32]
    sigma: float
    residue: npt.NDArray[np.float32]
    chains: Sequence[ChainEmbedding]
    dense: bool


def view_structure(
    model: DenoisingModel,
    structure: Structure,
    *,
    sigma: float | None = None,
    together: bool = False,
) -> NetworkView:
    """Show a structure to a network.

    Args:
        model: Network.
        structure: Structure; residues without CA are not shown.
        sigma: Noise in Å that the network is told for the gradient.
            (default: :obj:`0.5`)
        together: Whether all chains are one graph, instead of each its own.
            (default: :obj:`False`)

    Raises:
        StructureError: If no residue has a CA atom.
    """
    has_ca = np.flatnonzero(structure.backbone_mask[:, 1])
    if not len(has_ca):
        raise StructureError(f"{structure.name}: no residue has a CA atom, so nothing to show")
    chain = structure.chain[has_ca]
    apart = [has_ca[chain == name] for name in dict.fromkeys(chain.tolist())]
    told = SUSPECTED_NOISE if sigma is None else sigma
    score = np.full((len(structure), 3), np.nan, dtype=np.float32)
    residue, edges, chains = None, [], []
    for rows in [has_ca] if together else apart:
        data = structure.select(rows).to_data()
        score[rows] = estimate_gradient(model, data, told).cpu().numpy()
        (embedding,) = embed_graphs(model, [data])
        if residue is None:
            shape = (len(structure), embedding.residue.shape[1])
            residue = np.full(shape, np.nan, dtype=np.float32)
        residue[rows] = embedding.residue
        edges.append(rows[_edge_index(model, data)])
        chains.append(embedding)
    assert residue is not None
    edge_index = np.concatenate(edges, axis=1)
    edge_index = edge_index[:, np.argsort(edge_index[1], kind="stable")]
    return NetworkView(edge_index, score, told, residue, chains, model.graph is None)


def _edge_index(model: DenoisingModel, data: Data) -> npt.NDArray[np.int64]:
    graph = model.graph if model.graph is not None else ResidueGraph()
    seen = Data(**{name: data[name] for name in visible_attributes(model.backbone)})
    with torch.no_grad():
        edge_index: npt.NDArray[np.int64] = graph(seen).edge_index.cpu().numpy()
    return edge_index


def score_column(view: NetworkView) -> ResidueColumn:
    """Return the norm of the gradient of each residue."""
    return ResidueColumn(
        "score norm",
        np.linalg.norm(view.score, axis=1),
        unit="1/Å",
        about=f"Norm of the estimated gradient at the structure as it is, told noise of "
        f"{view.sigma:g} Å: times {view.sigma**2:g} Å², how far the network would move the residue",
    )


def component_columns(view: NetworkView, count: int = 3) -> list[ResidueColumn]:
    """Return the first principal components of the standardized residue embeddings.

    A component is in units of its own standard deviation, with the sign that makes its largest
    value positive.

    Args:
        view: What the network sees.
        count: Number of components at most. (default: :obj:`3`)
    """
    known = ~np.isnan(view.residue[:, 0])
    left, scale, _ = np.linalg.svd(standardize(view.residue[known]), full_matrices=False)
    share = scale**2 / max(float((scale**2).sum()), 1e-12)
    columns = []
    for place in range(min(count, int((share > 1e-6).sum()))):
        values = np.full(len(known), np.nan)
        component = left[:, place] * np.sqrt(known.sum())
        values[known] = component * np.sign(component[np.abs(component).argmax()])
        columns.append(
            ResidueColumn(
                f"embedding component {place + 1}",
                values,
                unit="s.d.",
                about=f"Principal component {place + 1} of the residue embeddings: "
                f"{share[place]:.0%} of their variance over this structure; the sign is arbitrary",
                diverging=True,
            )
        )
    return columns
