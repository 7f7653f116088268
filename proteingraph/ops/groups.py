"""Edges grouped by residue, worked out once for each index tensor."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.utils.weak import WeakTensorKeyDictionary

__all__ = ["Groups", "group_edges"]


class Groups:
    """The edges of each residue in compressed rows.

    Edges ``order[pointer[i]:pointer[i + 1]]`` belong to residue ``i``.

    Args:
        index: Residue of each edge, int64 [E], in any order.
        num_segments: Number of residues N.

    Attributes:
        order: Edges sorted by residue, int64 [E].
        pointer: First entry in ``order`` of each residue, int64 [N + 1].
        degree: Number of edges of every residue, or -1 where it differs.
        ascending: Whether the edges are stored in the order of their residues.

    Raises:
        IndexError: An index lies outside 0..N-1.
    """

    __slots__ = ("ascending", "degree", "order", "pointer", "version")

    def __init__(self, index: Tensor, num_segments: int) -> None:
        """Sort the edges, unless they are sorted already."""
        self.version = -1 if index.is_inference() else index._version
        self.ascending = not bool((index[1:] < index[:-1]).any())
        if self.ascending:
            self.order = torch.arange(index.numel(), device=index.device)
        else:
            # Narrow keys halve the time of the radix sort.
            narrow = index.int() if num_segments < 2**31 else index
            self.order = narrow.argsort(stable=True)
            index = index[self.order]
        if index.numel() and (int(index[0]) < 0 or int(index[-1]) >= num_segments):
            raise IndexError(
                f"index: rows must lie in 0..{num_segments - 1}, "
                f"found {int(index[0])}..{int(index[-1])}"
            )
        bounds = torch.arange(num_segments + 1, device=index.device)
        self.pointer = torch.searchsorted(index, bounds)
        count = self.pointer.diff()
        fewest, most = (int(x) for x in count.aminmax()) if num_segments else (0, 0)
        self.degree = most if fewest == most else -1


_known = WeakTensorKeyDictionary()


def group_edges(index: Tensor, num_segments: int) -> Groups:
    """Group edges by residue; the result is kept for as long as the tensor ``index`` lives.

    The layers of a network and their backward passes share one sorting if they are given the same
    tensor object, or the same row of one; after a change in place it is sorted anew.

    Args:
        index: Residue of each edge, int64 [E].
        num_segments: Number of residues.
    """
    if index.is_inference():
        # These count no changes in place, so nothing would tell that a result is out of date.
        return Groups(index, num_segments)
    # A row of `edge_index` is a new object whenever it is taken; what it is a view of is not.
    whole = index if index._base is None else index._base
    view = (index.storage_offset(), index.stride(), index.shape, num_segments)
    known: dict[Any, Groups] = _known.setdefault(whole, {})  # type: ignore[no-untyped-call]
    found = known.get(view)
    if found is None or found.version != index._version:
        known[view] = found = Groups(index, num_segments)
    return found
