"""Searches for the neighbours of residues, by this package and by others, one thread each."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor

from proteingraph.ops import knn_edges, radius_edges

__all__ = ["SEARCHES", "Search", "differing"]

Nearest = Callable[[Tensor, Tensor, int], Tensor]
Within = Callable[[Tensor, Tensor, float, int], Tensor]


@dataclass(frozen=True)
class Search:
    """A library that finds neighbours within graphs of a batch.

    Attributes:
        package: Module that it needs.
        nearest: From coordinates [N, 3], graph numbers [N] and k to edges [2, E], without loops;
            none where it has no such search.
        within: From coordinates, graph numbers, radius in Å, and the most neighbours that any has,
            to edges.
    """

    package: str
    nearest: Nearest | None
    within: Within

    @property
    def installed(self) -> bool:
        """Whether it can be run here."""
        return importlib.util.find_spec(self.package) is not None


def differing(edges: Tensor, others: Tensor, num_nodes: int) -> int:
    """Number of edges that only one of two sets has."""
    keys = [(part[1] * num_nodes + part[0]).numpy() for part in (edges, others)]
    return len(np.setxor1d(*keys))


def _native_nearest(pos: Tensor, batch: Tensor, k: int) -> Tensor:
    return knn_edges(pos, k, batch, backend="native")


def _native_within(pos: Tensor, batch: Tensor, r: float, most: int) -> Tensor:
    return radius_edges(pos, r, batch, backend="native")


def _cluster_nearest(pos: Tensor, batch: Tensor, k: int) -> Tensor:
    from torch_cluster import knn_graph

    return knn_graph(pos, k, batch)


def _cluster_within(pos: Tensor, batch: Tensor, r: float, most: int) -> Tensor:
    from torch_cluster import radius_graph

    return radius_graph(pos, r, batch, max_num_neighbors=most)


def _graphs(pos: Tensor, batch: Tensor) -> Iterator[tuple[int, np.ndarray]]:
    """First row and coordinates of each graph."""
    points, start = pos.double().numpy(), 0
    for size in torch.bincount(batch).tolist():
        yield start, points[start : start + size]
        start += size


def _scipy_nearest(pos: Tensor, batch: Tensor, k: int) -> Tensor:
    edges = []
    for start, points in _graphs(pos, batch):
        found = cKDTree(points).query(points, k + 1)[1][:, 1:]
        target = np.repeat(np.arange(len(points)), found.shape[1])
        edges.append(np.stack([found.reshape(-1), target]) + start)
    return torch.from_numpy(np.concatenate(edges, 1))


def _scipy_within(pos: Tensor, batch: Tensor, r: float, most: int) -> Tensor:
    edges = []
    for start, points in _graphs(pos, batch):
        pairs = cKDTree(points).query_pairs(r, output_type="ndarray").T + start
        edges += [pairs, pairs[::-1]]
    return torch.from_numpy(np.concatenate(edges, 1))


def _vesin_within(pos: Tensor, batch: Tensor, r: float, most: int) -> Tensor:
    from vesin import NeighborList

    search, box, edges = NeighborList(cutoff=r, full_list=True, n_threads=1), np.zeros((3, 3)), []
    for start, points in _graphs(pos, batch):
        pairs = search.compute(points, box, periodic=False, quantities="P")[0]
        edges.append(pairs.astype(np.int64).T + start)
    return torch.from_numpy(np.concatenate(edges, 1))


SEARCHES = {
    "native": Search("proteingraph", _native_nearest, _native_within),
    "torch-cluster": Search("torch_cluster", _cluster_nearest, _cluster_within),
    "SciPy": Search("scipy", _scipy_nearest, _scipy_within),
    "vesin": Search("vesin", None, _vesin_within),
}
"""What is compared, by name; the first is the package's own."""
