"""Reductions of edge values onto residues, and the gather that is their transpose.

On a CPU the sum over the edges of a residue is PyTorch's ``embedding_bag``, which adds up whole
rows without atomic operations and without a copy of the edges in sorted order: two to four times as
fast as ``index_add`` in float32 and bfloat16, and deterministic. It needs the edges grouped by
residue, which is remembered for each index tensor: pass the same tensor object to all calls.
Elsewhere (GPU, float64, inside ``torch.compile``) ``index_add`` is the faster one. Where every
residue has equally many edges, stored in the order of the residues, as in a nearest-neighbour
graph, there is nothing to look up: values are seen as ``[N, k, ...]``, which on a GPU spares the
atomic additions, whose order is not fixed.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from proteingraph.ops.backend import get_backend
from proteingraph.ops.groups import Groups, group_edges

__all__ = [
    "add_to_edges",
    "add_to_edges_",
    "gather",
    "segment_max",
    "segment_mean",
    "segment_softmax",
    "segment_sum",
]

_BAG_TYPES = (torch.float32, torch.bfloat16, torch.float16)


def gather(src: Tensor, index: Tensor) -> Tensor:
    """Copy the row of each edge's residue; the backward pass is as fast as :func:`segment_sum`.

    Args:
        src: Values of the residues, [N, ...].
        index: Residue of each edge, int64 [E], in any order.

    Returns:
        Values of the edges, [E, ...]; differentiable any number of times.
    """
    if not (src.requires_grad and torch.is_grad_enabled() and _can_bag(src)):
        return src.index_select(0, index)
    if not src.numel() or not index.numel():
        return src.index_select(0, index)
    flat = src.reshape(src.size(0), -1)
    out = _gather(flat, index, group_edges(index, src.size(0)))
    return out.view(index.numel(), *src.shape[1:])


def add_to_edges(src: Tensor, values: Tensor, index: Tensor) -> Tensor:
    """Add to each edge the values of its residue: ``src + values[index]``, without the copy.

    Args:
        src: Values of the edges, [E, ...].
        values: Values of the residues, [N, ...].
        index: Residue of each edge, int64 [E]; fastest if ascending.

    Returns:
        Values of the edges, [E, ...]; differentiable any number of times.
    """
    degree = _fixed_degree(src, index, values.size(0))
    if not degree:
        return src + gather(values, index)
    rows = src.view(values.size(0), degree, *src.shape[1:])
    return (rows + values[:, None]).view_as(src)


def add_to_edges_(src: Tensor, values: Tensor, index: Tensor) -> Tensor:
    """Add to each edge the values of its residue, in place; for when no gradient is asked for."""
    degree = _fixed_degree(src, index, values.size(0))
    if degree:
        src.view(values.size(0), degree, *src.shape[1:]).add_(values[:, None])
        return src
    return src.add_(gather(values, index))


def segment_sum(
    src: Tensor, index: Tensor, num_segments: int, *, backend: str | None = None
) -> Tensor:
    """Add up the edges of each target.

    Args:
        src: Values of the edges, [E, ...].
        index: Target of each edge, int64 [E]; fastest if ascending, as that of all edges made by
            :mod:`proteingraph.ops` is.
        num_segments: Number of targets N.
        backend: ``"native"`` or ``"cluster"``; default: :func:`proteingraph.ops.get_backend`.

    Returns:
        Sums [N, ...]; 0 for a target without edges. Differentiable any number of times.

    Raises:
        BackendError: The backend is unknown or not installed.
    """
    if get_backend(backend) == "cluster":
        from torch_scatter import scatter_sum

        total: Tensor = scatter_sum(src, index, 0, dim_size=num_segments)
        return total
    degree = _fixed_degree(src, index, num_segments)
    if degree:
        return src.view(num_segments, degree, *src.shape[1:]).sum(dim=1)
    if not _can_bag(src) or not src.numel() or not num_segments:
        return src.new_zeros((num_segments, *src.shape[1:])).index_add(0, index, src)
    flat = src.reshape(src.size(0), -1)
    out = _sum(flat, index, group_edges(index, num_segments))
    return out.view(num_segments, *src.shape[1:])


def segment_mean(
    src: Tensor, index: Tensor, num_segments: int, *, backend: str | None = None
) -> Tensor:
    """Average the edges of each target.

    Args:
        src: Values of the edges, [E, ...].
        index: Target of each edge, int64 [E].
        num_segments: Number of targets N.
        backend: ``"native"`` or ``"cluster"``; default: :func:`proteingraph.ops.get_backend`.

    Returns:
        Means [N, ...]; 0 for a target without edges. Differentiable any number of times.

    Raises:
        BackendError: The backend is unknown or not installed.
    """
    native = get_backend(backend) == "native" and src.is_floating_point()
    degree = _fixed_degree(src, index, num_segments) if native else 0
    if degree:
        return src.view(num_segments, degree, *src.shape[1:]).mean(dim=1)
    total = segment_sum(src, index, num_segments, backend=backend)
    if _can_bag(src):
        count = group_edges(index, num_segments).pointer.diff()
    else:
        count = index.new_zeros(num_segments).index_add(0, index, torch.ones_like(index))
    count = count.clamp(min=1).to(src.dtype)
    return total / count.view(-1, *[1] * (src.dim() - 1))


def segment_max(
    src: Tensor, index: Tensor, num_segments: int, *, backend: str | None = None
) -> Tensor:
    """Take the largest of the edges of each target.

    Args:
        src: Values of the edges, [E, ...].
        index: Target of each edge, int64 [E].
        num_segments: Number of targets N.
        backend: ``"native"`` or ``"cluster"``; default: :func:`proteingraph.ops.get_backend`.

    Returns:
        Maxima [N, ...]; 0 for a target without edges. Of equal maxima, the native backend shares
        the gradient among all, torch-scatter gives it to one.

    Raises:
        BackendError: The backend is unknown or not installed.
    """
    if get_backend(backend) == "cluster":
        from torch_scatter import scatter_max

        largest: Tensor = scatter_max(src, index, 0, dim_size=num_segments)[0]
        return largest
    degree = _fixed_degree(src, index, num_segments)
    if degree:
        return src.view(num_segments, degree, *src.shape[1:]).amax(dim=1)
    expanded = index.view(-1, *[1] * (src.dim() - 1)).expand_as(src)
    zeros = src.new_zeros((num_segments, *src.shape[1:]))
    return zeros.scatter_reduce(0, expanded, src, "amax", include_self=False)


def segment_softmax(
    src: Tensor, index: Tensor, num_segments: int, *, backend: str | None = None
) -> Tensor:
    """Turn the scores of each target's edges into weights that add up to 1.

    Args:
        src: Scores of the edges, [E, ...].
        index: Target of each edge, int64 [E].
        num_segments: Number of targets N.
        backend: ``"native"`` or ``"cluster"``; default: :func:`proteingraph.ops.get_backend`.

    Returns:
        Weights [E, ...] in 0..1.

    Raises:
        BackendError: The backend is unknown or not installed.
    """
    # The largest score cancels out; it only keeps the exponential from overflowing.
    largest = segment_max(src.detach(), index, num_segments, backend=backend)
    weight = (src - largest.index_select(0, index)).exp()
    return weight / gather(segment_sum(weight, index, num_segments, backend=backend), index)


def _fixed_degree(src: Tensor, index: Tensor, num_segments: int) -> int:
    """Number of edges of every residue, 0 where it differs or the edges are not in order.

    A GPU is waited for once an index tensor.
    """
    known = src.device.type in ("cpu", "cuda") and not torch.compiler.is_compiling()
    if not (known and src.numel() and src.is_contiguous()):
        return 0
    groups = group_edges(index, num_segments)
    return max(groups.degree, 0) if groups.ascending else 0


def _can_bag(src: Tensor) -> bool:
    on_cpu = src.device.type == "cpu" and not torch.compiler.is_compiling()
    return on_cpu and src.dtype in _BAG_TYPES


class _Sum(torch.autograd.Function):
    """Sum of the rows [E, C] of each residue [N, C]."""

    @staticmethod
    def forward(ctx: Any, src: Tensor, index: Tensor, groups: Groups) -> Tensor:
        ctx.groups = groups
        ctx.save_for_backward(index)
        return torch.nn.functional.embedding_bag(
            groups.order, src.contiguous(), groups.pointer, mode="sum", include_last_offset=True
        )

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        (index,) = ctx.saved_tensors
        return _gather(grads[0], index, ctx.groups), None, None


class _Gather(torch.autograd.Function):
    """Rows [E, C] of the residues [N, C] of each edge."""

    @staticmethod
    def forward(ctx: Any, src: Tensor, index: Tensor, groups: Groups) -> Tensor:
        ctx.groups = groups
        ctx.save_for_backward(index)
        return src.index_select(0, index)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        (index,) = ctx.saved_tensors
        return _sum(grads[0], index, ctx.groups), None, None


def _sum(src: Tensor, index: Tensor, groups: Groups) -> Tensor:
    out: Tensor = _Sum.apply(src, index, groups)  # type: ignore[no-untyped-call]
    return out


def _gather(src: Tensor, index: Tensor, groups: Groups) -> Tensor:
    out: Tensor = _Gather.apply(src, index, groups)  # type: ignore[no-untyped-call]
    return out
