"""Checks of the tensors that describe a batch of residue graphs."""

from __future__ import annotations

import torch
from torch import Tensor

from proteingraph.errors import ProteinGraphError

__all__ = ["GraphInputError", "check_batch", "check_edges", "check_positions"]


class GraphInputError(ProteinGraphError, ValueError):
    """Coordinates, edges or graph numbers from which no graph can be built."""


def check_positions(pos: Tensor) -> None:
    """Raise unless ``pos`` is a floating [N, 3] tensor of finite coordinates."""
    if pos.dim() != 2 or pos.size(1) != 3 or not pos.is_floating_point():
        raise GraphInputError(
            f"pos: expected floating-point coordinates of shape [N, 3], got {pos.dtype} "
            f"of shape {list(pos.shape)}"
        )
    # A sum is one pass and not finite if any term is not; only then look for the rows.
    if not bool(pos.detach().sum(dtype=torch.float64).isfinite()):
        bad = (~pos.isfinite()).any(dim=1).nonzero().flatten()
        if bad.numel():
            raise GraphInputError(
                f"pos: {bad.numel()} of {pos.size(0)} rows are not finite, the first is row "
                f"{int(bad[0])}; mask or drop residues without coordinates first"
            )


def check_batch(batch: Tensor | None, num_nodes: int, device: torch.device) -> Tensor:
    """Return the number of residues of each graph, int64 [B]; a graph may have none.

    Raises:
        GraphInputError: ``batch`` is not an int64 tensor [N] of non-negative graph numbers in
            ascending order.
    """
    if batch is None:
        return torch.full((1,), num_nodes, dtype=torch.long, device=device)
    if batch.shape != (num_nodes,) or batch.dtype != torch.long:
        raise GraphInputError(
            f"batch: expected int64 graph numbers of shape [{num_nodes}], got {batch.dtype} "
            f"of shape {list(batch.shape)}"
        )
    if num_nodes == 0:
        return batch.new_zeros(0)
    step = batch.diff(prepend=batch.new_zeros(1))
    if bool((step < 0).any()):  # at once, for a GPU has to be waited for
        row = int((step < 0).nonzero()[0])
        if row == 0:
            raise GraphInputError(f"batch: graph numbers must not be negative, got {int(batch[0])}")
        raise GraphInputError(
            f"batch: graph numbers must ascend, but row {row} belongs to graph "
            f"{int(batch[row])} after graph {int(batch[row - 1])}; sort the residues by graph"
        )
    return torch.bincount(batch)


def check_edges(edge_index: Tensor, num_nodes: int, name: str = "edge_index") -> None:
    """Raise unless ``edge_index`` is an int64 [2, E] tensor of rows below ``num_nodes``."""
    if edge_index.dim() != 2 or edge_index.size(0) != 2 or edge_index.dtype != torch.long:
        raise GraphInputError(
            f"{name}: expected int64 of shape [2, E], got {edge_index.dtype} "
            f"of shape {list(edge_index.shape)}"
        )
    if edge_index.numel():
        low, high = (int(x) for x in edge_index.aminmax())
        if low < 0 or high >= num_nodes:
            raise GraphInputError(
                f"{name}: rows must lie in 0..{num_nodes - 1}, found {low if low < 0 else high}"
            )
