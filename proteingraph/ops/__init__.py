"""Neighbour search and segment reduction, one backend each chosen at run time."""

from __future__ import annotations

from proteingraph.ops.backend import (
    BackendError,
    available_backends,
    get_backend,
    set_backend,
    use_backend,
)
from proteingraph.ops.checks import GraphInputError
from proteingraph.ops.neighbors import knn_edges, radius_edges
from proteingraph.ops.segment import (
    add_to_edges,
    add_to_edges_,
    gather,
    segment_max,
    segment_mean,
    segment_softmax,
    segment_sum,
)
from proteingraph.ops.sequence import merge_edges, sequence_edges, sequence_neighbors

__all__ = [
    "BackendError",
    "GraphInputError",
    "add_to_edges",
    "add_to_edges_",
    "available_backends",
    "gather",
    "get_backend",
    "knn_edges",
    "merge_edges",
    "radius_edges",
    "segment_max",
    "segment_mean",
    "segment_softmax",
    "segment_sum",
    "sequence_edges",
    "sequence_neighbors",
    "set_backend",
    "use_backend",
]
