"""Relative orientation of residues as edge attributes."""

from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.data.datapipes import functional_transform

from proteingraph.geometry import local_frames_backbone, local_frames_ca
from proteingraph.geometry.vectors import unit
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
        direction, _ = unit(data.pos.index_select(0, source) - data.pos.index_select(0, target))
        own, other = _by_axes(frames, target), _by_axes(frames, source)
        towards = _product(own, direction.t())
        back = _product(other, direction.t()).neg_()
        rotation = _product(own[:, :, None], other[:, None]).flatten(0, 1)
        return torch.cat([towards, back, rotation]).t().contiguous()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(frames={self.frames!r})"


def _by_axes(frames: Tensor, rows: Tensor) -> Tensor:
    """Frames of the residues of each edge, coordinates and axes first, ``[3, 3, E]``.

    Sums of three long vectors are many times quicker than as many products of short ones.
    """
    return frames.index_select(0, rows).permute(1, 2, 0).contiguous()


def _product(a: Tensor, b: Tensor) -> Tensor:
    """Sum over the coordinates, which come first, of products."""
    return (a[0] * b[0]).addcmul_(a[1], b[1]).addcmul_(a[2], b[2])
