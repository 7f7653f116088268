"""Relative orientation of residues as edge attributes."""

from __future__ import annotations

import torch
from torch_geometric.data import Data
from torch_geometric.data.datapipes import functional_transform
from torch_geometric.transforms import BaseTransform

from proteingraph.geometry import (
    local_frames_backbone,
    local_frames_ca,
    relative_directions,
    relative_rotations,
)
from proteingraph.transforms._store import append_edge_attributes, neighbors_in_sequence, require

__all__ = ["RelativeOrientation"]


@functional_transform("relative_orientation")
class RelativeOrientation(BaseTransform):  # type: ignore[misc]
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

    def forward(self, data: Data) -> Data:
        """Describe the edges of a graph or of a batch."""
        require(self, data, "pos", "edge_index")
        if self.frames == "ca":
            require(self, data, "position", "chain", "segment")
            frames, _ = local_frames_ca(data.pos, *neighbors_in_sequence(data))
        else:
            require(self, data, "backbone", "backbone_mask")
            frames, _ = local_frames_backbone(data.backbone, data.backbone_mask)
        towards = relative_directions(data.pos, frames, data.edge_index)
        back = relative_directions(data.pos, frames, data.edge_index.flip(0))
        rotation = relative_rotations(frames, data.edge_index)
        append_edge_attributes(data, torch.cat([towards, back, rotation.flatten(1)], dim=-1))
        return data

    def __repr__(self) -> str:
        return f"{type(self).__name__}(frames={self.frames!r})"
