"""Edges between residues that are near in space."""

from __future__ import annotations

import torch
from torch import Tensor

from proteingraph.ops.backend import get_backend
from proteingraph.ops.candidates import force_edges, rank_in_segment, table_to_edges
from proteingraph.ops.checks import GraphInputError, check_batch, check_edges, check_positions
from proteingraph.ops.cluster import knn_cluster, radius_cluster
from proteingraph.ops.host import knn_host, radius_host
from proteingraph.ops.padded import knn_padded, radius_padded

__all__ = ["knn_edges", "radius_edges"]


@torch.no_grad()
def knn_edges(
    pos: Tensor,
    k: int,
    batch: Tensor | None = None,
    *,
    always: Tensor | None = None,
    backend: str | None = None,
) -> Tensor:
    r"""Connect each residue to its k nearest of the same graph.

    Args:
        pos: Coordinates in Å, [N, 3].
        k: Number of neighbours of each residue; a graph of n residues gives min(k, n - 1).
        batch: Graph of each residue in ascending order, int64 [N]; default: one graph. Graph
            numbers may be left out (empty graphs).
        always: Edges int64 [2, A] that are kept whatever their length and count towards k: a
            residue gets these and its nearest others until it has k, never fewer than these.
            Repeats and self loops are ignored. Default: none.
        backend: ``"native"`` or ``"cluster"``; default: :func:`proteingraph.ops.get_backend`.

    Returns:
        Edges int64 [2, E] from source (row 0) to target (row 1) without self loops, sorted by
        target and for each target by distance, equal distances by the lower source.

    Raises:
        GraphInputError: ``pos`` is not finite, ``batch`` does not ascend, ``k`` is negative,
            or ``always`` holds rows that do not exist or joins two graphs.
        BackendError: The backend is unknown or not installed.
    """
    check_positions(pos)
    if k < 0:
        raise GraphInputError(f"k: expected a number of neighbours >= 0, got {k}")
    count = check_batch(batch, pos.size(0), pos.device)
    largest = int(count.max()) if count.numel() else 0
    width = max(0, min(k, largest - 1))
    name = get_backend(backend)
    pos = pos.detach()
    forced = None
    if always is not None:
        check_edges(always, pos.size(0), "always")
        forced = _forced_edges(always, batch, pos.size(0))
    if not width:
        neighbor = torch.empty((pos.size(0), 0), dtype=torch.long, device=pos.device)
    elif name == "cluster":
        neighbor = knn_cluster(pos, count, width)
    elif pos.device.type != "cpu":
        neighbor = knn_padded(pos, count, width)
    elif forced is None or int(torch.bincount(forced[1]).max()) <= width:
        return table_to_edges(knn_host(pos, count, width, forced))
    else:
        neighbor = knn_host(pos, count, width)
    if forced is not None:
        neighbor = force_edges(neighbor, forced, pos, k)
    return table_to_edges(neighbor)


@torch.no_grad()
def radius_edges(
    pos: Tensor,
    r: float,
    batch: Tensor | None = None,
    *,
    max_num_neighbors: int | None = None,
    backend: str | None = None,
) -> Tensor:
    """Connect each residue to all of the same graph that are no farther than r.

    Args:
        pos: Coordinates in Å, [N, 3].
        r: Radius in Å, inclusive.
        batch: Graph of each residue in ascending order, int64 [N]; default: one graph.
        max_num_neighbors: Keep only so many of each residue's neighbours, the nearest; default:
            all.
        backend: ``"native"`` or ``"cluster"``; default: :func:`proteingraph.ops.get_backend`.

    Returns:
        Edges int64 [2, E], ordered as those of :func:`knn_edges`.

    Raises:
        GraphInputError: ``pos`` is not finite, ``batch`` does not ascend, ``r`` or
            ``max_num_neighbors`` is negative.
        BackendError: The backend is unknown or not installed.
    """
    check_positions(pos)
    if not 0 <= r < float("inf"):
        raise GraphInputError(f"r: expected a finite radius >= 0 Å, got {r}")
    if max_num_neighbors is not None and max_num_neighbors < 0:
        raise GraphInputError(f"max_num_neighbors: expected a number >= 0, got {max_num_neighbors}")
    count = check_batch(batch, pos.size(0), pos.device)
    largest = int(count.max()) if count.numel() else 0
    most = largest if max_num_neighbors is None else min(max_num_neighbors, largest)
    name = get_backend(backend)
    if name == "native" and pos.device.type == "cpu":
        return radius_host(pos.detach(), count, float(r), most)
    search = radius_cluster if name == "cluster" else radius_padded
    source, target, distance = search(pos.detach(), count, float(r))
    # Three stable sorts, the last key first: target, then distance, then source.
    order = source.argsort()
    order = order[distance[order].argsort(stable=True)]
    order = order[target[order].argsort(stable=True)]
    source, target = source[order], target[order]
    keep = rank_in_segment(target, pos.size(0)) < most
    return torch.stack([source[keep], target[keep]])


def _forced_edges(always: Tensor, batch: Tensor | None, num_nodes: int) -> Tensor | None:
    """Return each edge once, sorted by target, without self loops; none if there are none."""
    source, target = always
    if batch is not None and not torch.equal(
        batch.index_select(0, source), batch.index_select(0, target)
    ):
        raise GraphInputError("always: an edge joins residues of two graphs of the batch")
    loops = source == target
    if bool(loops.any()):
        always = always[:, ~loops]
        source, target = always
    if not source.numel():
        return None
    key = target * num_nodes + source
    if bool((key[1:] > key[:-1]).all()):
        return always
    key = torch.unique(key)
    return torch.stack([key % num_nodes, key // num_nodes])
