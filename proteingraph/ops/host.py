"""Neighbour search on the CPU: all distances of a small graph, a k-d tree for a large one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from torch import Tensor

from proteingraph.ops.candidates import force_edges
from proteingraph.ops.rows import nearest_columns

__all__ = ["knn_host", "radius_host"]

# Residues of a graph from which the tree is the faster. Measured for 30 neighbours on one core: all
# distances take 3 us a residue at 250 residues and 4.3 us at 400, the tree 5.3 to 6 us at any size.
_TREE_FROM = 500
# Distances held at once: larger blocks fall out of a core's cache.
_BLOCK = 1 << 15
# Relative slack around a distance that the tree may have rounded otherwise than we do.
_SLACK = 1e-9
_Array = NDArray[np.float64]
_Rows = NDArray[np.int64]


def knn_host(pos: Tensor, count: Tensor, k: int, always: Tensor | None = None) -> Tensor:
    """Find the k nearest of each residue, equal distances broken by the lower residue.

    Args:
        pos: Coordinates in Å, [N, 3].
        count: Residues of each graph, int64 [B], in storage order.
        k: Number of neighbours, at most the largest graph less one.
        always: Edges to keep, int64 [2, A], each once, within a graph, sorted by target, at most k
            a target. Default: none.

    Returns:
        Neighbours in order of distance, int64 [N, k], -1 where there are fewer.
    """
    points = pos.double().numpy()
    neighbor = np.full((len(points), k), -1, np.int64)
    bounds = np.zeros(0, np.int64)
    source = target = bounds
    sizes = count.numpy()
    if always is not None:
        source, target = always.numpy()
        bounds = np.searchsorted(target, np.concatenate([[0], sizes.cumsum()]))
    start = 0
    for graph, size in enumerate(sizes.tolist()):
        width = min(k, size - 1)
        if width > 0:
            part = points[start : start + size]
            forced = None
            if always is not None:
                here = slice(bounds[graph], bounds[graph + 1])
                forced = (target[here] - start, source[here] - start)
            search = _knn_tree if size >= _TREE_FROM else _knn_all
            found = search(part, width, forced)
            neighbor[start : start + size, :width] = np.where(found < 0, -1, found + start)
        start += size
    return torch.from_numpy(neighbor)


def radius_host(pos: Tensor, count: Tensor, r: float, most: int) -> Tensor:
    """Find the neighbours no farther than r.

    Args:
        pos: Coordinates in Å, [N, 3].
        count: Residues of each graph, int64 [B], in storage order.
        r: Radius in Å.
        most: Number of neighbours to keep, the nearest.

    Returns:
        Edges int64 [2, E] sorted by target and distance, equal distances by the lower source.
    """
    points = pos.double().numpy()
    source, target, distance = _pairs(points, count, r)
    # The whole part of one number is the target, the rest tells the distance: one plain sort.
    share = 0.5 / max(r * r, np.finfo(np.float64).tiny)
    order = np.argsort(distance * share + target)
    source, target, distance = source[order], target[order], distance[order]
    nearer = np.diff(distance)
    disorder = (nearer < 0) | ((nearer == 0) & (source[1:] < source[:-1]))
    if (disorder & (target[1:] == target[:-1])).any():
        # Equal or almost equal distances, as on a lattice.
        order = np.lexsort((source, distance, target))
        source, target = source[order], target[order]
    edges = np.stack([source, target])
    degree = np.bincount(target, minlength=len(points))
    if most < degree.max(initial=0):
        place = np.arange(len(target)) - (degree.cumsum() - degree)[target]
        edges = edges[:, place < most]
    return torch.from_numpy(edges)


def _pairs(points: _Array, count: Tensor, r: float) -> tuple[_Rows, _Rows, _Array]:
    """Return sources, targets and squared distances of all edges within r, in no order."""
    parts, start = [np.zeros((0, 2), np.int64)], 0
    for size in count.tolist():
        if size > 1:
            tree = _tree(points[start : start + size])
            found = tree.query_pairs(r * (1 + _SLACK), output_type="ndarray")
            parts.append(np.asarray(found, np.int64) + start)
        start += size
    one, two = np.ascontiguousarray(np.concatenate(parts).T)
    gap = points.take(one, 0) - points.take(two, 0)
    gap *= gap
    distance = gap[:, 0] + gap[:, 1]  # in the order in which `candidates` adds them
    distance += gap[:, 2]
    near = distance <= r * r
    if not near.all():
        one, two, distance = one[near], two[near], distance[near]
    return np.concatenate([one, two]), np.concatenate([two, one]), np.tile(distance, 2)


def _tree(points: _Array) -> cKDTree:
    """Make a k-d tree; splits at the middle are found sooner than medians, and searched as fast."""
    return cKDTree(points, leafsize=24, balanced_tree=False)


def _squared(a: _Array, b: _Array) -> _Array:
    """Return squared distances [..., M] of points with coordinates first, as ``candidates`` do."""
    total: _Array = a[0] - b[0]
    total *= total
    gap = np.empty_like(total)
    for axis in (1, 2):
        np.subtract(a[axis], b[axis], out=gap)
        gap *= gap
        total += gap
    return total


def _all_distances(points: _Array) -> Iterator[tuple[int, _Array]]:
    """Yield the first row and the squared distances to all of a few rows, to itself infinite."""
    axes = np.ascontiguousarray(points.T)
    step = max(1, _BLOCK // max(1, len(points)))
    for first in range(0, len(points), step):
        distance = _squared(axes[:, first : first + step, None], axes[:, None])
        rows = np.arange(len(distance))
        distance[rows, first + rows] = np.inf
        yield first, distance


def _knn_all(points: _Array, k: int, forced: tuple[_Rows, _Rows] | None) -> _Rows:
    found = []
    for first, distance in _all_distances(points):
        here = None
        if forced is not None:
            low, high = np.searchsorted(forced[0], (first, first + len(distance)))
            here = (forced[0][low:high] - first, forced[1][low:high])
        found.append(nearest_columns(distance, k, here))
    return np.concatenate(found)


def _knn_tree(points: _Array, k: int, forced: tuple[_Rows, _Rows] | None) -> _Rows:
    size = len(points)
    tree = _tree(points)
    # Neighbours in space asked one after the other find their part of the tree in the cache.
    rows = np.asarray(tree.indices, np.int64)
    neighbor = np.empty((size, k), np.int64)
    # Itself, and one more to see whether the k-th is one of several equally far.
    wanted = min(k + 2, size)
    distance, found = (np.asarray(x) for x in tree.query(points[rows], k=wanted))
    neighbor[rows] = found[:, 1 : k + 1]
    # The order is beyond doubt where all distances differ by more than their rounding.
    unsure = (distance[:, 1:] <= distance[:, :-1] * (1 + _SLACK)).any(axis=1)
    rows = rows[unsure]
    while rows.size:
        open_rows = []
        step = max(1, (1 << 22) // wanted)
        for part in np.split(rows, range(step, len(rows), step)):
            found = np.sort(np.asarray(tree.query(points[part], k=wanted)[1]), axis=1)
            exact = _squared(points[part].T[:, :, None], points[found].transpose(2, 0, 1))
            farthest = exact.max(axis=1)
            exact[found == part[:, None]] = np.inf
            near = nearest_columns(exact, k)
            neighbor[part] = np.take_along_axis(found, near, axis=1)
            last = np.take_along_axis(exact, near[:, -1:], axis=1)[:, 0]
            # Wherever others may be as near as the last one taken, ask for twice as many.
            open_rows.append(part[farthest <= last * (1 + _SLACK)])
        rows = np.concatenate(open_rows) if wanted < size else rows[:0]
        wanted = min(2 * wanted, size)
    if forced is not None and forced[0].size:
        always = torch.from_numpy(np.stack([forced[1], forced[0]]))
        table = force_edges(torch.from_numpy(neighbor), always, torch.from_numpy(points), k)
        neighbor = table.numpy()
    return neighbor
