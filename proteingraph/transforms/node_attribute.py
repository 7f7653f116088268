"""Attributes that residues have already, as node attributes."""

from __future__ import annotations

from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.data.datapipes import functional_transform
from torch_geometric.transforms import BaseTransform

from proteingraph.transforms._store import append_node_attributes, require, store_nodes

__all__ = ["NodeAttribute"]


@functional_transform("node_attribute")
class NodeAttribute(BaseTransform):  # type: ignore[misc]
    """Appends an attribute with one row a residue to `x`.

    Functional name: :obj:`node_attribute`.

    For what was computed of whole chains, before crops and noise. It must not tell the network what
    is to be predicted: features of the native structure give the gradient away, which is why
    `PerturbCoordinates` removes whatever it is not told to keep.

    Args:
        name: The attribute, ``[N]`` or ``[N, C]``.

    Raises:
        ValueError: If it has not one row a residue, or residue types are hidden
            (`MaskResidueTypes`), which features of the whole sequence would tell.

    Example:
        >>> import torch
        >>> from torch_geometric.transforms import Compose
        >>> from proteingraph.testing import random_structure
        >>> from proteingraph.transforms import ContiguousCrop, PerturbCoordinates, ResidueGraph
        >>> data = random_structure(60)
        >>> data.features = torch.randn(60, 5)  # of the sequence alone
        >>> recipe = ResidueGraph(k=8)
        >>> transform = Compose([
        ...     ContiguousCrop(40),
        ...     PerturbCoordinates(sigma=1.0, keep=("features",)),
        ...     NodeAttribute("features"),
        ...     recipe,
        ... ])
        >>> transform(data).x.shape == (40, 5 + recipe.node_channels)
        True
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def forward(self, data: Data) -> Data:
        """Append the attribute of a graph or of a batch."""
        require(self, data, "pos", self.name)
        refuse_hidden_types(self, data)
        value = data[self.name]
        if value.dim() not in (1, 2) or value.size(0) != data.pos.size(0):
            raise ValueError(
                f"`{self.name}` must have a row for each of {data.pos.size(0)} residues, its shape "
                f"is {tuple(value.shape)}"
            )
        append_node_attributes(data, value.view(len(value), -1).to(data.pos))
        return data

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


def store_features(data: Data, attr: str, value: Tensor) -> None:
    """Append columns to `x`, or set another attribute."""
    if attr == "x":
        append_node_attributes(data, value)
    else:
        store_nodes(data, attr, value)


def refuse_hidden_types(transform: BaseTransform, data: Data) -> None:
    """Raise `ValueError` if residue types are hidden, for features of the whole sequence."""
    mask = getattr(data, "residue_type_mask", None)
    if mask is not None and bool(mask.any()):
        raise ValueError(
            f"{type(transform).__name__} would tell the residue types that MaskResidueTypes has "
            "hidden: run a language model on what is left (LanguageModelFeatures), or hide none"
        )
