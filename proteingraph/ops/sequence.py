"""Edges between residues that are near in sequence, and merging of edge sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from weakref import ref

import torch
from torch import Tensor
from torch.utils.weak import WeakTensorKeyDictionary

from proteingraph.ops.checks import GraphInputError, check_batch, check_edges

__all__ = ["merge_edges", "sequence_edges", "sequence_neighbors"]


def sequence_edges(
    position: Tensor,
    chain: Tensor,
    segment: Tensor | None,
    batch: Tensor | None = None,
    *,
    offsets: Sequence[int] = (1, 2),
) -> Tensor:
    """Connect residues of one chain by their separation along it, in both directions.

    Args:
        position: Rank of each residue in its chain, int64 [N], in any storage order.
        chain: Chain of each residue, unique within a graph, int64 [N].
        segment: Unbroken stretch of each residue, int64 [N], so that no edge crosses a chain
            break; ``None`` connects across breaks.
        batch: Graph of each residue in ascending order, int64 [N]; default: one graph.
        offsets: Separations to connect, in residues, each >= 1. Default: (1, 2).

    Returns:
        Edges int64 [2, E] of all pairs with ``|position_i - position_j|`` in ``offsets``, sorted
        by target and source, without self loops.

    Raises:
        GraphInputError: Two residues share chain and position, an offset is below 1, a shape is
            wrong or ``batch`` does not ascend.
    """
    steps = sorted(set(offsets))
    if any(step < 1 for step in steps):
        raise GraphInputError(f"offsets: expected separations >= 1, got {tuple(offsets)}")
    keys = _sorted_keys(position, chain, segment, batch, max(steps, default=1))
    if not steps:
        return position.new_zeros((2, 0))
    # One column an offset, which orders all edges where residues are stored along the chains;
    # where they are not, sorting the few sources of each target does.
    source = _at_offsets(keys, [*(-step for step in reversed(steps)), *steps])
    if not keys.in_order:
        source = source.sort(dim=1).values
    entry = (source >= 0).view(-1).nonzero().view(-1)
    return torch.stack([source.view(-1).index_select(0, entry), entry // source.size(1)])


def sequence_neighbors(
    position: Tensor,
    chain: Tensor,
    segment: Tensor | None,
    batch: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Find the residues before and after each one in its unbroken stretch.

    Args:
        position: Rank of each residue in its chain, int64 [N], in any storage order.
        chain: Chain of each residue, unique within a graph, int64 [N].
        segment: Unbroken stretch of each residue, int64 [N]; ``None`` asks for the chain only.
        batch: Graph of each residue in ascending order, int64 [N]; default: one graph.

    Returns:
        Rows of the residues at position - 1 and at position + 1, int64 [N] each, -1 where none.

    Raises:
        GraphInputError: As for :func:`sequence_edges`.
    """
    keys = _sorted_keys(position, chain, segment, batch, 1)
    before, after = _at_offsets(keys, [-1, 1]).unbind(dim=1)
    return before.contiguous(), after.contiguous()


def merge_edges(*edge_indices: Tensor, num_nodes: int) -> Tensor:
    """Unite edge sets.

    Args:
        edge_indices: Edges int64 [2, E] each, in any order.
        num_nodes: Number of residues.

    Returns:
        Edges int64 [2, E'] sorted by target, then source, without repeats.

    Raises:
        GraphInputError: No edge set is given, or one is not int64 [2, E] of rows below
            ``num_nodes``.
    """
    if not edge_indices:
        raise GraphInputError("edge_indices: expected at least one set of edges")
    for edge_index in edge_indices:
        check_edges(edge_index, num_nodes)
    source, target = torch.cat(edge_indices, dim=1)
    key = torch.unique(target * num_nodes + source)
    return torch.stack([key % max(num_nodes, 1), key // max(num_nodes, 1)])


@dataclass(frozen=True)
class _Keys:
    """Residues numbered so that neighbours along an unbroken stretch differ by one.

    Attributes:
        key: Numbers in ascending order, int64 [N]; stretches lie more than the reach apart.
        order: Their rows, int64 [N].
        in_order: Whether residues are stored in this order.
        whole: Whether no stretch lacks a position between two of its residues within the reach.
    """

    key: Tensor
    order: Tensor
    in_order: bool
    whole: bool


@dataclass(frozen=True)
class _Known:
    """Keys that were worked out, for as long as what they come from lives and is not changed.

    Attributes:
        parts: Graphs, chains and stretches.
        state: Which tensors they are, positions first, and how often each was changed.
        reach: How far one may look for neighbors with these keys.
        keys: The keys.
    """

    parts: list[ref[Tensor]]
    state: list[tuple[int, int]]
    reach: int
    keys: _Keys

    def fits(self, state: list[tuple[int, int]], reach: int) -> bool:
        alive = all(part() is not None for part in self.parts)
        return alive and self.state == state and self.reach >= reach


# The transforms of a recipe look for neighbors in turn: of a batch on a GPU, each would wait.
_known = WeakTensorKeyDictionary()


def _sorted_keys(
    position: Tensor, chain: Tensor, segment: Tensor | None, batch: Tensor | None, reach: int
) -> _Keys:
    """Number the residues along their stretches, to look for neighbours up to ``reach`` away."""
    num_nodes = position.numel()
    given = {"position": position, "chain": chain, "segment": segment}
    for name, value in given.items():
        if value is not None and (value.shape != (num_nodes,) or value.dtype != torch.long):
            raise GraphInputError(
                f"{name}: expected int64 of shape [{num_nodes}], got {value.dtype} "
                f"of shape {list(value.shape)}"
            )
    if num_nodes == 0:
        check_batch(batch, num_nodes, position.device)
        return _Keys(position, position, in_order=True, whole=True)
    parts = [part for part in (batch, chain, segment) if part is not None]
    if any(part.is_inference() for part in (position, *parts)):
        # These count no changes in place, so nothing would tell that a result is out of date.
        return _number(position, parts, batch, reach)
    state = [(id(part), part._version) for part in (position, *parts)]
    known: _Known | None = _known.get(position)  # type: ignore[no-untyped-call]
    if known is not None and known.fits(state, reach):
        return known.keys
    keys = _number(position, parts, batch, reach)
    _known[position] = _Known([ref(part) for part in parts], state, reach, keys)
    return keys


def _number(position: Tensor, parts: list[Tensor], batch: Tensor | None, reach: int) -> _Keys:
    num_nodes = position.numel()
    check_batch(batch, num_nodes, position.device)
    stretch = torch.zeros_like(position)
    for part in parts:
        # Ranges stay below N after each step, so that no product overflows.
        part = part - part.min()
        if int(part.max()) >= 4 * num_nodes + 64:
            part = torch.unique(part, return_inverse=True)[1]
        stretch = stretch * (part.max() + 1) + part
        if int(stretch.max()) >= 4 * num_nodes + 64:
            stretch = torch.unique(stretch, return_inverse=True)[1]
    offset = position - position.min()
    key = stretch * (offset.max() + 1 + reach) + offset
    step = key.diff()
    in_order = bool((step > 0).all())
    order = torch.arange(num_nodes, device=key.device)
    if not in_order:
        key, order = key.sort()
        step = key.diff()
    if bool((step == 0).any()):
        row = int((key[1:] == key[:-1]).nonzero()[0])
        first, second = sorted((int(order[row]), int(order[row + 1])))
        raise GraphInputError(
            f"position: rows {first} and {second} share graph, chain and position "
            f"{int(position[first])}; number the residues of a chain 0, 1, 2, ..."
        )
    return _Keys(key, order, in_order, whole=not bool(((step > 1) & (step <= reach)).any()))


def _at_offsets(keys: _Keys, offsets: list[int]) -> Tensor:
    """Return rows whose key is this row's plus an offset, int64 [N, offsets], -1 where none."""
    key, order = keys.key, keys.order
    steps = torch.tensor(offsets, device=key.device)
    wanted = key[:, None] + steps
    if not key.numel():
        return wanted
    if keys.whole:  # it can only be as many places away
        place = torch.arange(len(key), device=key.device)[:, None] + steps
    else:
        place = torch.searchsorted(key, wanted)
    place = place.clamp_(0, len(key) - 1).view(-1)
    row = order.index_select(0, place)
    found = torch.where(key.index_select(0, place) == wanted.view(-1), row, -1).view_as(wanted)
    return found if keys.in_order else torch.empty_like(found).index_copy_(0, order, found)
