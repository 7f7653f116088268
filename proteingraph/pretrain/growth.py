"""Larger networks that start as what a trained one knows."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from proteingraph.nn import GraphEncoder, ResidueConv
from proteingraph.pretrain.model import DenoisingModel

__all__ = ["GROWS", "grow"]

GROWS = ("layers", "hidden_channels", "expansion", "resolved_channels")
"""Arguments of `GraphEncoder` that a trained network can be given more of."""


def grow(model: DenoisingModel, sizes: Mapping[str, int]) -> DenoisingModel:
    """Make a larger network that computes what a trained one does, to train it further.

    New hidden channels are drawn anew, but what leaves them starts at zero; new layers come before
    the last one and start without effect (after Chen et al., Net2Net,
    https://arxiv.org/abs/1511.05641). The smaller network is left as it is.

    Args:
        model: Network of the architecture ``"graph"``.
        sizes: New values of some of `GROWS`.

    Raises:
        ValueError: If the network is of another architecture, or a size cannot grow or would
            shrink.
    """
    old = model.encoder
    if not isinstance(old, GraphEncoder):
        raise ValueError(f"only the graph network grows, not {model.architecture}")
    for name, size in sizes.items():
        if name not in GROWS:
            raise ValueError(f"{name} cannot grow: only {', '.join(GROWS)} can")
        if size < old.config[name]:
            raise ValueError(f"{name} cannot shrink from {old.config[name]} to {size}")
    settings = model.settings
    encoder = {**settings["encoder"], **sizes}
    grown = DenoisingModel(
        model.architecture, settings["graph"], encoder, model.schedule, model.embedding_sigma
    )
    new = grown.encoder
    assert isinstance(new, GraphEncoder) and grown.gradient is not None
    with torch.no_grad():
        grown.gradient.load_state_dict(model.gradient.state_dict())  # type: ignore[union-attr]
        for name, part in old.named_children():
            if name != "convs":
                _keep(part, getattr(new, name))
        known = list(old.convs)
        for layer, conv in enumerate(new.convs):
            if layer < len(known) - 1:
                _keep(known[layer], conv)
            elif layer == len(new.convs) - 1:
                _keep(known[-1], conv)
            elif isinstance(conv, ResidueConv):
                _silence(conv)
    return grown.train(model.training)


def _keep(old: nn.Module, new: nn.Module) -> None:
    """Copy a module into the leading part of a larger one, which then computes the same there."""
    target = dict(new.named_parameters())
    for name, value in old.named_parameters():
        rows = value.size(0)
        if value.dim() == 2:
            target[name][:rows, value.size(1) :] = 0  # what new channels say of known ones
            target[name][:rows, : value.size(1)] = value
        else:
            target[name][:rows] = value


def _silence(conv: ResidueConv) -> None:
    for last in (conv.edge_out, conv.node_out):
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
