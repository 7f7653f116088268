"""Cα distances as edge attributes."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.data.datapipes import functional_transform

from proteingraph.transforms._attributes import EdgeColumns
from proteingraph.transforms._store import require

__all__ = ["RadialBasis"]

# Largest exponent that counts: exp(-40) is 4e-18, which is lost beside the other Gaussians. Numbers
# far smaller are subnormal in single precision, if not themselves then once multiplied by weights
# and gradients, and with these a processor computes many times more slowly.
FAINTEST = 40.0


def _centers(pieces: Sequence[tuple[float, float, float]]) -> tuple[list[float], list[float]]:
    centers: list[float] = []
    widths: list[float] = []
    for first, last, step in pieces:
        count = round((last - first) / step) + 1
        centers += [first + i * step for i in range(count)]
        widths += [step] * count
    return centers, widths


@functional_transform("radial_basis")
class RadialBasis(EdgeColumns):
    r"""Appends Gaussians of the Cα distance to `edge_attr`.

    Functional name: :obj:`radial_basis`.

    .. math::
        \exp(-(d_{ij} - \mu_c)^2 / (2 w_c^2))

    and no less than :math:`e^{-40}`.

    Args:
        pieces: Ranges ``(first, last, step)`` of centres in Å; the width is the step.
            (default: steps of 0.25 Å from 3 to 7 Å, where bonded and packed residues lie, of 0.5 Å
            to 12 Å, of 1 Å to 20 Å and of 3 Å to 44 Å)
    """

    def __init__(
        self,
        pieces: Sequence[tuple[float, float, float]] = (
            (3.0, 7.0, 0.25),
            (7.5, 12.0, 0.5),
            (13.0, 20.0, 1.0),
            (23.0, 44.0, 3.0),
        ),
    ) -> None:
        self.pieces = tuple((float(a), float(b), float(c)) for a, b, c in pieces)
        if not self.pieces or any(not (a <= b and c > 0) for a, b, c in self.pieces):
            raise ValueError(f"pieces must be (first, last, step) with first <= last, got {pieces}")
        self.centers, self.widths = _centers(self.pieces)

    def describe(self, data: Data) -> Tensor:
        """Columns of the edges of a graph or of a batch, ``[E, C]``."""
        require(self, data, "pos", "edge_index")
        source, target = data.edge_index
        pos = data.pos
        gap = pos.index_select(0, source) - pos.index_select(0, target)
        distance = gap.norm(dim=-1, keepdim=True)
        centers, widths = distance.new_tensor(self.centers), distance.new_tensor(self.widths)
        scale = 0.5**0.5 / widths
        scaled = torch.addcmul(-centers * scale, distance, scale)
        return scaled.square_().clamp_(max=FAINTEST).neg_().exp_()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(pieces={self.pieces})"
