"""The edge update of a layer in blocks of edges that stay in a processor's cache."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from proteingraph.ops import segment_sum
from proteingraph.ops.groups import group_edges

__all__ = ["can_block", "update_in_blocks"]

# Edges of a block, for each thread: more leave the cache, fewer are not worth a call.
BLOCK = 2048
EPS = 1e-5


def can_block(edge_attr: Tensor, edge_index: Tensor, num_nodes: int) -> bool:
    """Whether edges can be updated in blocks.

    That is on a CPU in single or double precision, not while compiling, and where every residue has
    equally many edges, stored in the order of the residues, as in a nearest-neighbor graph.
    """
    if torch.compiler.is_compiling() or torch.is_autocast_enabled("cpu"):
        return False
    if edge_attr.device.type != "cpu" or edge_attr.dtype not in (torch.float32, torch.float64):
        return False
    if not (edge_attr.numel() and edge_attr.is_contiguous()):
        return False
    groups = group_edges(edge_index[1], num_nodes)
    return groups.ascending and groups.degree > 0


def update_in_blocks(
    edge_attr: Tensor,
    from_source: Tensor,
    from_target: Tensor,
    weight_in: Tensor,
    weight_out: Tensor,
    bias_out: Tensor,
    edge_index: Tensor,
) -> tuple[Tensor, Tensor]:
    r"""Update edges, and average their hidden units over the edges of each target.

    .. math::
        u_{ij} = \mathrm{SiLU}(W_1 \mathrm{LN}(e_{ij}) + s_j + t_i), \qquad
        e_{ij}' = e_{ij} + W_2 u_{ij} + b_2

    with a layer norm without parameters. All that is computed of a block of edges is computed
    before the next. Of tensors as long as there are edges only :math:`e`, :math:`e'` and, for the
    backward pass, the argument of the SiLU go through the memory, which is slower than arithmetic;
    the backward pass computes norms and hidden units again.

    Args:
        edge_attr: :math:`e` ``[E, P]``.
        from_source: :math:`s` ``[N, H]``.
        from_target: :math:`t` ``[N, H]``, biases included.
        weight_in: :math:`W_1` ``[H, P]``.
        weight_out: :math:`W_2` ``[P, H]``.
        bias_out: :math:`b_2` ``[P]``.
        edge_index: int64 ``[2, E]``, as :func:`can_block` asks for.

    Returns:
        tuple: :math:`e'` ``[E, P]`` and the means of :math:`u` ``[N, H]``; differentiable any
        number of times.
    """
    arguments = edge_attr, from_source, from_target, weight_in, weight_out, bias_out
    if torch.is_grad_enabled() and any(value.requires_grad for value in arguments):
        updated: tuple[Tensor, Tensor] = _Update.apply(*arguments, edge_index)  # type: ignore[no-untyped-call]
        return updated
    return _update(None, *arguments, edge_index)


def _blocks(num_nodes: int, degree: int) -> list[tuple[slice, slice]]:
    """Rows of residues and of their edges, block by block."""
    size = max(1, BLOCK * torch.get_num_threads() // degree)
    bounds = [*range(0, num_nodes, size), num_nodes]
    return [
        (slice(start, end), slice(start * degree, end * degree)) for start, end in pairwise(bounds)
    ]


def _update(
    kept: tuple[Tensor, Tensor, Tensor] | None,
    edge_attr: Tensor,
    from_source: Tensor,
    from_target: Tensor,
    weight_in: Tensor,
    weight_out: Tensor,
    bias_out: Tensor,
    edge_index: Tensor,
) -> tuple[Tensor, Tensor]:
    """Results of the update; `kept` receives arguments ``[E, H]`` and moments ``[E, 1]``."""
    (edges, pairs), (residues, channels) = edge_attr.shape, from_source.shape
    degree, source = edges // residues, edge_index[0]
    # A norm with parameters takes half the time of one without.
    one, zero = edge_attr.new_ones(pairs), edge_attr.new_zeros(pairs)
    updated, received = torch.empty_like(edge_attr), torch.empty_like(from_source)
    for rows, part in _blocks(residues, degree):
        edge = edge_attr[part]
        normed, *moments = torch.native_layer_norm(edge, (pairs,), one, zero, EPS)
        if kept is None:
            hidden = from_source.index_select(0, source[part])
        else:
            hidden = torch.index_select(from_source, 0, source[part], out=kept[0][part])
            kept[1][part], kept[2][part] = moments
        hidden.view(-1, degree, channels).add_(from_target[rows, None])
        hidden.addmm_(normed, weight_in.t())
        unit = F.silu(hidden, inplace=kept is None)
        torch.mean(unit.view(-1, degree, channels), dim=1, out=received[rows])
        torch.mm(unit, weight_out.t(), out=updated[part]).add_(edge).add_(bias_out)
    return updated, received


class _Update(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, *arguments: Tensor) -> tuple[Tensor, Tensor]:
        edge_attr, from_source, *_ = arguments
        widths = from_source.size(1), 1, 1
        hidden, mean, scale = (edge_attr.new_empty(edge_attr.size(0), width) for width in widths)
        ctx.save_for_backward(*arguments, hidden, mean, scale)
        return _update((hidden, mean, scale), *arguments)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        *arguments, hidden, mean, scale = ctx.saved_tensors
        if not torch.is_grad_enabled():
            return *_gradients(arguments, (hidden, mean, scale), *grads), None
        # These gradients are to be differentiated themselves.
        outputs = _update_at_once(*arguments)
        needed = ctx.needs_input_grad
        asked = [value for value, need in zip(arguments, needed, strict=True) if need]
        found = iter(torch.autograd.grad(outputs, asked, grads, create_graph=True))
        return tuple(next(found) if need else None for need in needed)


def _gradients(
    arguments: list[Tensor],
    kept: tuple[Tensor, Tensor, Tensor],
    of_updated: Tensor,
    of_received: Tensor,
) -> tuple[Tensor, ...]:
    """Gradients of all arguments but the edge indices."""
    edge_attr, from_source, from_target, weight_in, weight_out, _, edge_index = arguments
    (edges, pairs), (residues, channels) = edge_attr.shape, from_source.shape
    degree = edges // residues
    one, zero = edge_attr.new_ones(pairs), edge_attr.new_zeros(pairs)
    of_updated, share = of_updated.contiguous(), of_received / degree
    of_edge, of_target = torch.empty_like(edge_attr), torch.empty_like(from_target)
    of_hidden = torch.empty_like(kept[0])
    of_in, of_out = torch.zeros_like(weight_in), torch.zeros_like(weight_out)
    for rows, part in _blocks(residues, degree):
        edge, above, (hidden, mean, scale) = (
            edge_attr[part],
            of_updated[part],
            (k[part] for k in kept),
        )
        of_out.addmm_(above.t(), F.silu(hidden))
        of_unit = above @ weight_out
        of_unit.view(-1, degree, channels).add_(share[rows, None])
        below = of_hidden[part]
        torch.ops.aten.silu_backward.grad_input(of_unit, hidden, grad_input=below)
        torch.sum(below.view(-1, degree, channels), dim=1, out=of_target[rows])
        of_in.addmm_(below.t(), torch.sub(edge, mean).mul_(scale))
        of_normed, *_ = torch.ops.aten.native_layer_norm_backward(
            below @ weight_in, edge, (pairs,), mean, scale, one, zero, (True, False, False)
        )
        torch.add(of_normed, above, out=of_edge[part])
    of_source = segment_sum(of_hidden, edge_index[0], residues, backend="native")
    return of_edge, of_source, of_target, of_in, of_out, of_updated.sum(dim=0)


def _update_at_once(
    edge_attr: Tensor,
    from_source: Tensor,
    from_target: Tensor,
    weight_in: Tensor,
    weight_out: Tensor,
    bias_out: Tensor,
    edge_index: Tensor,
) -> tuple[Tensor, Tensor]:
    """The same of operations that can be differentiated twice."""
    source, target = edge_index
    normed = F.layer_norm(edge_attr, edge_attr.shape[1:], eps=EPS)
    unit = F.silu(F.linear(normed, weight_in) + from_source[source] + from_target[target])
    received = unit.view(len(from_source), -1, unit.size(1)).mean(dim=1)
    return edge_attr + F.linear(unit, weight_out, bias_out), received
