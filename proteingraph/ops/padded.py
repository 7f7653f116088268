"""Neighbour search by all distances within a graph, graphs of like size padded to one block."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from proteingraph.ops.candidates import squared_distance

__all__ = ["knn_padded", "radius_padded"]

# Distances held at once: 8 MiB of float64 stays in a CPU's cache; a GPU wants long kernels.
_CPU_ELEMENTS = 1 << 20
_GPU_ELEMENTS = 1 << 26


def _blocks(count: Tensor) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
    """Cut the batch into blocks of distances that fit into memory.

    Yields:
        Rows and columns of residues [b, r], [b, c] and masks of those that exist, same shapes.
    """
    device = count.device
    # A GPU rather computes more than it waits.
    budget, alike = (_CPU_ELEMENTS, 0.85) if device.type == "cpu" else (_GPU_ELEMENTS, 0.3)
    # Groups of like size waste little on padding; a host copy of the sizes costs one wait.
    sizes = count.tolist()
    starts = (count.cumsum(0) - count).tolist()
    graphs = sorted((g for g in range(len(sizes)) if sizes[g]), key=lambda g: (-sizes[g], g))
    done = 0
    while done < len(graphs):
        width = sizes[graphs[done]]
        end = done + 1
        while (
            end < len(graphs)
            and sizes[graphs[end]] >= alike * width
            and (end + 1 - done) * width * width <= budget
        ):
            end += 1
        group = graphs[done:end]
        start = torch.tensor([starts[g] for g in group], device=device)[:, None]
        size = torch.tensor([sizes[g] for g in group], device=device)[:, None]
        column = torch.arange(width, device=device)[None]
        column_mask = column < size
        step = max(1, budget // (width * len(group)))
        for first in range(0, width, step):
            row = torch.arange(first, min(first + step, width), device=device)[None]
            row_mask = row < size
            yield (start + row) * row_mask, (start + column) * column_mask, row_mask, column_mask
        done = end


def _block_distance(pos: Tensor, block: tuple[Tensor, Tensor, Tensor, Tensor]) -> Tensor:
    row, column, _, column_mask = block
    distance = squared_distance(pos[row][:, :, None], pos[column][:, None])
    distance.masked_fill_(~column_mask[:, None], torch.inf)
    distance.masked_fill_(row[:, :, None] == column[:, None], torch.inf)
    return distance


def knn_padded(pos: Tensor, count: Tensor, k: int) -> Tensor:
    """Find the k nearest of each residue, equal distances broken by the lower residue.

    Args:
        pos: Coordinates in Å, [N, 3].
        count: Residues of each graph, int64 [B], in storage order.
        k: Number of neighbours, at most the largest graph less one.

    Returns:
        Neighbours in order of distance, int64 [N, k], -1 where there are fewer.
    """
    # One row more takes what is found for padding: picking out the rest would wait for a GPU.
    neighbor = torch.full((pos.size(0) + 1, k), -1, dtype=torch.long, device=pos.device)
    for block in _blocks(count):
        row, column, row_mask, _ = block
        distance = _block_distance(pos, block)
        near, order = _smallest(distance, min(k, column.size(1) - 1))
        found = column[:, None].expand_as(distance).gather(2, order)
        found = found.masked_fill(near.isinf(), -1)
        neighbor[row.masked_fill(~row_mask, pos.size(0)), : near.size(2)] = found
    return neighbor[:-1]


def _smallest(distance: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Return the k smallest [b, r, k] in order and their columns, ties by the lower column."""
    if k == 0:
        return distance[..., :0], torch.empty_like(distance[..., :0], dtype=torch.long)
    near, order = distance.topk(k + 1, dim=2, largest=False)
    # topk picks any of equals: where one more than asked for shows equals, sort the whole row.
    tied = ((near[..., 1:] == near[..., :-1]) & near[..., 1:].isfinite()).any(dim=2)
    near, order = near[..., :k], order[..., :k]
    if bool(tied.any()):
        value, index = distance[tied].sort(dim=1, stable=True)
        near, order = near.clone(), order.clone()
        near[tied], order[tied] = value[:, :k], index[:, :k]
    return near, order


def radius_padded(pos: Tensor, count: Tensor, r: float) -> tuple[Tensor, Tensor, Tensor]:
    """Find all pairs no farther than r.

    Args:
        pos: Coordinates in Å, [N, 3].
        count: Residues of each graph, int64 [B], in storage order.
        r: Radius in Å.

    Returns:
        Sources [E], targets [E] and squared distances [E] in Å², in no order.
    """
    source, target, value = [], [], []
    for block in _blocks(count):
        row, column, row_mask, _ = block
        distance = _block_distance(pos, block)
        graph, i, j = ((distance <= r * r) & row_mask[:, :, None]).nonzero(as_tuple=True)
        source.append(column[graph, j])
        target.append(row[graph, i])
        value.append(distance[graph, i, j])
    if not source:
        empty = count.new_zeros(0)
        return empty, empty, pos.new_zeros(0, dtype=torch.float64)
    return torch.cat(source), torch.cat(target), torch.cat(value)
