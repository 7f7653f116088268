"""Embeddings of the chains or domains of structures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch_geometric.data import Batch, Data

from proteingraph.errors import StructureError
from proteingraph.io import Structure, cut_ranges
from proteingraph.io.identity import residue_identity
from proteingraph.nn import Embeddings
from proteingraph.pretrain import DenoisingModel
from proteingraph.pretrain.model import visible_attributes

__all__ = ["ChainEmbedding", "embed_graphs", "embed_structure", "in_batches"]


@dataclass(frozen=True, eq=False)
class ChainEmbedding:
    """Embeddings of one chain, of a domain, or of a whole complex.

    Attributes:
        name: Name of the structure, as the reader gives it; of an entry of a corpus, its name.
        chain: Name of the chain; the names of all, joined by commas, if there are several.
        sequence: One-letter codes of the residues that are embedded, X where unknown.
        residue_chain: Chain of each residue, ``[L]``.
        residue_number: Residue numbers, int32 ``[L]``.
        insertion_code: Insertion codes, ``[L]``; empty where there is none.
        residue: Residue embeddings, float32 ``[L, C]``.
        protein: Protein embedding, float32 ``[D]``; proteins are compared by the cosine.
        pair: Embeddings of ordered pairs of residues, float32 ``[E, P]``; None unless asked for.
        pair_index: Rows of source and target residue of each pair, int64 ``[2, E]``; likewise.
    """

    name: str
    chain: str
    sequence: str
    residue_chain: NDArray[np.str_]
    residue_number: NDArray[np.int32]
    insertion_code: NDArray[np.str_]
    residue: NDArray[np.float32]
    protein: NDArray[np.float32]
    pair: NDArray[np.float32] | None = None
    pair_index: NDArray[np.int64] | None = None


def embed_structure(
    model: DenoisingModel,
    structure: Structure,
    *,
    ranges: str | None = None,
    complexes: bool = False,
    sigma: float | None = None,
    pairs: bool = False,
) -> list[ChainEmbedding]:
    """Embed the chains of a structure, or a part of it.

    Residues without a CA atom are left out.

    Args:
        model: Network.
        structure: Structure of one or more chains.
        ranges: Residues to embed together as one domain, such as ``A:10-50,B:5A-90``.
            (default: whole chains)
        complexes: Embed all chains together, so that residues see neighbors of other chains,
            instead of each on its own. (default: :obj:`False`)
        sigma: Noise in Å that the network is told. (default: that of the model)
        pairs: Whether to give pair embeddings too. (default: :obj:`False`)

    Returns:
        One record a chain, in the order of the structure; one in all for a complex or a domain.

    Raises:
        StructureError: If no residue has a CA atom, or the ranges do not fit the structure.
    """
    if ranges is not None:
        structure = cut_ranges(structure, ranges)
    has_ca = structure.select(structure.backbone_mask[:, 1])
    if not len(has_ca):
        raise StructureError(f"{structure.name}: no residue has a CA atom, so nothing to embed")
    parts = [has_ca] if complexes or ranges is not None else has_ca.split_chains()
    return embed_graphs(model, [part.to_data() for part in parts], sigma=sigma, pairs=pairs)


def embed_graphs(
    model: DenoisingModel,
    graphs: Sequence[Data],
    *,
    sigma: float | None = None,
    pairs: bool = False,
) -> list[ChainEmbedding]:
    """Embed structures given as graphs without edges, all in one batch.

    Args:
        model: Network; left in the mode it is in, embeds in evaluation mode.
        graphs: Structures, as `Structure.to_data` or a data set gives them.
        sigma: Noise in Å that the network is told. (default: that of the model)
        pairs: Whether to give pair embeddings too. (default: :obj:`False`)

    Returns:
        One record a graph.
    """
    names = visible_attributes(model.backbone)
    inputs = [Data(**{name: graph[name] for name in names}) for graph in graphs]
    was_training = model.training
    device = next(model.parameters()).device
    with torch.no_grad():  # tensors of inference mode would be sorted anew by every layer
        embeddings = model.eval().embed(Batch.from_data_list(inputs).to(device), sigma)
    model.train(was_training)
    sizes = [data.pos.size(0) for data in inputs]
    residues = torch.split(embeddings.residue.float().cpu(), sizes)
    proteins = embeddings.protein.float().cpu()
    records = [
        _record(graph, residue.numpy(), protein.numpy())
        for graph, residue, protein in zip(graphs, residues, proteins, strict=True)
    ]
    return _with_pairs(records, embeddings, sizes) if pairs else records


def in_batches(graphs: Iterable[Data], residues: int = 1000) -> Iterator[list[Data]]:
    """Gather graphs, in their order, into lists of about so many residues (most CPUs' cache)."""
    batch: list[Data] = []
    waiting = 0
    for graph in graphs:
        size = int(graph.num_nodes or 0)
        if batch and waiting + size > residues:
            yield batch
            batch, waiting = [], 0
        batch.append(graph)
        waiting += size
    if batch:
        yield batch


def _with_pairs(
    records: Sequence[ChainEmbedding], embeddings: Embeddings, sizes: Sequence[int]
) -> list[ChainEmbedding]:
    ends = torch.tensor(sizes).cumsum(0)
    index = embeddings.edge_index.cpu()
    # Sorted by target, so that the pairs of a graph are a run.
    stops = torch.searchsorted(index[1].contiguous(), ends).tolist()
    pair = embeddings.pair.float().cpu().numpy()
    out, first = [], 0
    for record, stop, end, size in zip(records, stops, ends.tolist(), sizes, strict=True):
        rows = (index[:, first:stop] - (end - size)).numpy()
        out.append(replace(record, pair=pair[first:stop], pair_index=rows))
        first = stop
    return out


def _record(
    graph: Data, residue: NDArray[np.float32], protein: NDArray[np.float32]
) -> ChainEmbedding:
    return ChainEmbedding(**residue_identity(graph), residue=residue, protein=protein)
