"""Reading and writing graph attributes alike on a `Data` and on a `Batch`."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch_geometric.data import Batch, Data

from proteingraph.errors import MissingAttributeError
from proteingraph.ops import merge_edges, sequence_neighbors

__all__ = [
    "add_edges",
    "append_edge_attributes",
    "append_node_attributes",
    "batch_vector",
    "forbid",
    "graph_sizes",
    "neighbors_in_sequence",
    "num_graphs",
    "require",
    "seeds",
    "store_edges",
    "store_graph_values",
    "store_nodes",
]

# Which transform provides an attribute, for the error that says that it is missing.
PROVIDERS = {
    "pos_native": "GaussianDecoy, NormalModeDecoy, SegmentShift or SegmentRotation",
    "pos": "a structure's `to_data()`",
    "backbone": "a structure with N, CA, C, O atoms (PerturbCoordinates(backbone=False) drops it)",
    "backbone_mask": "a structure's `to_data()`",
    "residue_type": "a structure's `to_data()`",
    "position": "ResiduePosition (before any transform that reorders or cuts residues)",
    "chain": "ResiduePosition",
    "segment": "ResiduePosition",
    "edge_index": "ResidueKNN, ResidueRadius or SequenceEdges",
    "sigma": "PerturbCoordinates",
    "score": "PerturbCoordinates",
}


def require(transform: Any, data: Data, *names: str) -> None:
    """Raise `MissingAttributeError` unless the graph has all the named attributes."""
    for name in names:
        if getattr(data, name, None) is None:
            raise MissingAttributeError(
                f"{type(transform).__name__} needs the graph attribute `{name}`, which comes from "
                f"{PROVIDERS.get(name, 'an earlier transform')}; put that first"
            )


def forbid(transform: Any, data: Data, *names: str, why: str) -> None:
    """Raise `ValueError` if the graph already has one of the named attributes."""
    for name in names:
        if getattr(data, name, None) is not None:
            raise ValueError(
                f"{type(transform).__name__} must come before what sets `{name}`: {why}"
            )


def num_graphs(data: Data) -> int:
    """Number of graphs: 1 for a `Data`, unless it has a `batch` vector."""
    if isinstance(data, Batch):
        return int(data.num_graphs)
    batch = batch_vector(data)
    return 1 if batch is None or not batch.numel() else int(batch.max()) + 1


def batch_vector(data: Data) -> Tensor | None:
    """Graph of every residue, int64 ``[N]``, or None for a single graph."""
    batch = getattr(data, "batch", None)
    return batch if isinstance(batch, Tensor) else None


def graph_sizes(data: Data) -> list[int]:
    """Number of residues of every graph."""
    batch = batch_vector(data)
    if batch is None:
        return [int(data.pos.size(0))]
    return torch.bincount(batch, minlength=num_graphs(data)).tolist()


def neighbors_in_sequence(data: Data) -> tuple[Tensor, Tensor]:
    """Rows of the previous and next residue of the same unbroken stretch, -1 where none."""
    return sequence_neighbors(data.position, data.chain, data.segment, batch_vector(data))


def seeds(transform: Any, data: Data) -> Iterator[torch.Generator]:
    """One random generator a graph, started from the seed that travels with the graph.

    Without the attribute `seed` (a whole number, or one a graph) PyTorch's global generator draws
    one for this transform alone: were it stored, a crop done once by a `pre_transform` would fix
    the noise of all epochs. Each kind of transform mixes in its own name, so that two transforms
    of one graph draw different numbers.
    """
    count = num_graphs(data)
    seed = getattr(data, "seed", None)
    if seed is None:
        seed = torch.randint(2**31, (count,))
    values = torch.as_tensor(seed).reshape(-1).tolist()
    if len(values) != count:
        raise ValueError(
            f"{type(transform).__name__} needs one `seed` a graph, got {len(values)} for {count}"
        )
    salt = zlib.crc32(type(transform).__name__.encode())
    for value in values:
        yield torch.Generator().manual_seed((value * 6364136223846793005 + salt) % 2**63)


def _store(data: Data, name: str, value: Tensor, slices: list[int], inc: Tensor | None) -> None:
    data[name] = value
    if isinstance(data, Batch) and hasattr(data, "_slice_dict"):
        inc = torch.zeros(num_graphs(data), dtype=torch.long) if inc is None else inc
        # A shallow copy of a batch shares these two with the original: replace, never write into.
        data._slice_dict = {**data._slice_dict, name: torch.tensor(slices)}
        data._inc_dict = {**data._inc_dict, name: inc}


def _cumulate(counts: list[int]) -> list[int]:
    out = [0]
    for count in counts:
        out.append(out[-1] + count)
    return out


def store_nodes(data: Data, name: str, value: Tensor) -> None:
    """Set an attribute with one row a residue."""
    _store(data, name, value, _cumulate(graph_sizes(data)), None)


def store_graph_values(data: Data, name: str, value: Tensor) -> None:
    """Set an attribute with one row a graph."""
    _store(data, name, value, list(range(num_graphs(data) + 1)), None)


def _edge_counts(data: Data, edge_index: Tensor) -> list[int]:
    batch = batch_vector(data)
    if batch is None:
        return [int(edge_index.size(1))]
    graph = batch.index_select(0, edge_index[1])
    return torch.bincount(graph, minlength=num_graphs(data)).tolist()


def store_edges(data: Data, edge_index: Tensor) -> None:
    """Set `edge_index`; refuse if edge attributes of other edges are there already."""
    if getattr(data, "edge_attr", None) is not None:
        raise ValueError(
            "edges cannot change once `edge_attr` is there: put edges before attributes"
        )
    starts = _cumulate(graph_sizes(data))[:-1]
    _store(
        data,
        "edge_index",
        edge_index,
        _cumulate(_edge_counts(data, edge_index)),
        torch.tensor(starts),
    )


def add_edges(data: Data, edge_index: Tensor) -> None:
    """Set `edge_index`, beside the edges that are there already."""
    known = getattr(data, "edge_index", None)
    if known is not None:
        edge_index = merge_edges(known, edge_index, num_nodes=data.pos.size(0))
    store_edges(data, edge_index)


def append_edge_attributes(data: Data, *values: Tensor) -> None:
    """Append columns to `edge_attr`."""
    value = _joined(getattr(data, "edge_attr", None), values)
    _store(data, "edge_attr", value, _cumulate(_edge_counts(data, data.edge_index)), None)


def append_node_attributes(data: Data, *values: Tensor) -> None:
    """Append columns to `x`."""
    store_nodes(data, "x", _joined(getattr(data, "x", None), values))


def _joined(known: Tensor | None, values: Sequence[Tensor]) -> Tensor:
    """Columns side by side, of the type of the first."""
    parts = list(values) if known is None else [known, *values]
    return torch.cat([part.to(parts[0]) for part in parts], dim=-1) if parts[1:] else parts[0]
