"""Relative orientation of residues as edge attributes."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.data.datapipes import functional_transform

from proteingraph.geometry import local_frames_backbone, local_frames_ca
from proteingraph.geometry.vectors import MIN_LENGTH
from proteingraph.transforms._attributes import EdgeColumns
from proteingraph.transforms._store import neighbors_in_sequence, require

__all__ = ["RelativeOrientation"]


@functional_transform("relative_orientation")
class RelativeOrientation(EdgeColumns):
    r"""Appends how the local frames of two residues lie to each other to `edge_attr`.

    Functional name: :obj:`relative_orientation`.

    15 columns: the direction to the source in the target's frame (3), the direction to the target
    in the source's frame (3), and the rotation :math:`R_i^\top R_j` between the frames (9). Zeros
    where a frame is undefined. These tell a structure from its mirror image.

    Args:
        frames: :obj:`"ca"`: from a residue's Cα and its two neighbors' in sequence;
            :obj:`"backbone"`: from its N, CA and C atoms. (default: :obj:`"ca"`)
    """

    def __init__(self, frames: str = "ca") -> None:
        if frames not in ("ca", "backbone"):
            raise ValueError(f'frames must be "ca" or "backbone", got {frames!r}')
        self.frames = frames

    def describe(self, data: Data) -> Tensor:
        """Columns of the edges of a graph or of a batch, ``[E, 15]``."""
        require(self, data, "pos", "edge_index")
        if self.frames == "ca":
            require(self, data, "position", "chain", "segment")
            frames, _ = local_frames_ca(data.pos, *neighbors_in_sequence(data))
        else:
            require(self, data, "backbone", "backbone_mask")
            frames, _ = local_frames_backbone(data.backbone, data.backbone_mask)
        source, target = data.edge_index
        gap = [x.index_select(0, source) - x.index_select(0, target) for x in data.pos.unbind(1)]
        square = _dot(gap, gap)
        # As of `geometry.vectors.unit`: zeros where there is no direction.
        inverse = torch.where(square > MIN_LENGTH * MIN_LENGTH, square, torch.inf).rsqrt()
        towards = [x * inverse for x in gap]
        own, other = _by_axis(frames, target), _by_axis(frames, source)
        columns = [_dot(axis, towards) for axis in own]
        columns += [_dot(axis, towards).neg_() for axis in other]
        columns += [_dot(mine, its) for mine in own for its in other]
        return torch.stack(columns).t().contiguous()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(frames={self.frames!r})"


def _by_axis(frames: Tensor, rows: Tensor) -> list[list[Tensor]]:
    """Each coordinate ``[E]`` of each axis of the frames of some residues.

    Sums of three long vectors are many times quicker than as many products of short ones.
    """
    axes = frames.permute(2, 1, 0).contiguous()
    return [[values.index_select(0, rows) for values in axis] for axis in axes]


def _dot(a: Sequence[Tensor], b: Sequence[Tensor]) -> Tensor:
    """Scalar product of vectors given by coordinates."""
    return (a[0] * b[0]).addcmul_(a[1], b[1]).addcmul_(a[2], b[2])
