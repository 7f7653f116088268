"""Learning rates of head and encoder, layer by layer."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from torch import nn

from proteingraph.errors import ConfigError
from proteingraph.nn import CondResNet, GraphEncoder
from proteingraph.tasks.config import TaskConfig

__all__ = ["layer_depths", "parameter_groups"]


def layer_depths(encoder: GraphEncoder) -> dict[str, int]:
    """Number of layers between each parameter and the embeddings, by its name.

    The last of `GraphEncoder.convs` and the normalisation after it are at depth 0, the first is at
    ``layers - 1``, and everything before it, the embedding of the noise included, at ``layers``.

    Example:
        >>> depths = layer_depths(GraphEncoder(5, 7, layers=3))
        >>> depths["edge_norm.weight"], depths["convs.0.edge_in.weight"], depths["node_in.weight"]
        (0, 2, 3)
    """
    layers = len(encoder.convs)
    depths = {}
    for name, _ in encoder.named_parameters():
        part, _, rest = name.partition(".")
        if part == "convs":
            depths[name] = layers - 1 - int(rest.partition(".")[0])
        else:
            depths[name] = 0 if part.endswith("_norm") else layers
    return depths


def parameter_groups(
    head: nn.Module, encoder: GraphEncoder | CondResNet, config: TaskConfig
) -> list[dict[str, Any]]:
    """Groups of parameters with their highest learning rates, that of the head first.

    Raises:
        ConfigError: If layers are to have rates of their own in an encoder that has no
            message-passing layers.
    """
    groups: list[dict[str, Any]] = [{"params": list(head.parameters()), "lr": config.learning_rate}]
    rate = config.rate_of_encoder()
    if config.mode == "frozen":
        return groups
    if config.mode == "scratch" or config.layer_decay == 1:
        return [*groups, {"params": list(encoder.parameters()), "lr": rate}]
    if not isinstance(encoder, GraphEncoder):
        raise ConfigError(
            f"layer_decay is of GraphEncoder's layers, not of {encoder}: leave it out"
        )
    members: dict[int, list[nn.Parameter]] = defaultdict(list)
    depths = layer_depths(encoder)
    for name, parameter in encoder.named_parameters():
        members[depths[name]].append(parameter)
    return groups + [
        {"params": members[depth], "lr": rate * config.layer_decay**depth}
        for depth in sorted(members)
    ]
