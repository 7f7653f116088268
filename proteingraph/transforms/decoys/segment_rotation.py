"""Decoys by a segment that is turned about its ends."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch_geometric.data.datapipes import functional_transform

from proteingraph.transforms.decoys._decoy import DecoyTransform, Range, check_range, draw
from proteingraph.transforms.decoys._segments import Whole, check_whole, choose_piece, draw_whole

__all__ = ["SegmentRotation"]

SHORTEST = 3


@functional_transform("segment_rotation")
class SegmentRotation(DecoyTransform):
    """Turns a segment about the line through the CA atoms of the residues at its ends.

    Functional name: :obj:`segment_rotation`.

    All bonds keep their lengths; only angles at the two ends change. What is turned may run into
    the rest of the structure.

    Args:
        angle: Degrees, or the range to draw from; either sense is as likely.
            (default: :obj:`(15.0, 90.0)`)
        length: Residues of the segment with both ends, or the range to draw from; as many as fit
            where an unbroken stretch is shorter. (default: :obj:`(8, 30)`)

    Adds ``pos_native [N, 3]`` (Å), and replaces ``pos`` and ``backbone``.

    Raises:
        ValueError: If an angle is not above 0, a length below 3, or a graph has edges, attributes,
            or no unbroken stretch of 3 residues.
    """

    def __init__(self, angle: Range = (15.0, 90.0), length: Whole = (8, 30)) -> None:
        self.angle = check_range("angle", angle)
        self.length = check_whole("length", length)
        if self.length[0] < SHORTEST:
            raise ValueError(f"length must be {SHORTEST} residues or more, got {length}")

    def deform(
        self, atoms: Tensor, ca: int, order: list[Tensor], generator: torch.Generator
    ) -> Tensor:
        """Turn a segment of one structure."""
        angle = math.radians(draw(self.angle, generator))
        angle *= 2 * draw_whole((0, 1), generator) - 1
        room = max(map(len, order))
        length = min(draw_whole(self.length, generator), room)
        chosen = choose_piece(order, length, generator)
        if length < SHORTEST or chosen is None:
            raise ValueError(
                f"{type(self).__name__} needs an unbroken stretch of {SHORTEST} residues, "
                f"the longest has {room}"
            )
        rows, start = chosen
        piece = rows[start : start + length]
        turned = _turn(atoms[piece], atoms[piece[0], ca], atoms[piece[-1], ca], angle)
        moved = atoms.clone()
        moved[piece[1:-1]] = turned[1:-1]
        if atoms.size(1) > 1:  # C and O of the first residue, N of the last lie within the segment
            moved[piece[0], 2:] = turned[0, 2:]
            moved[piece[-1], 0] = turned[-1, 0]
        return moved

    def __repr__(self) -> str:
        return f"{type(self).__name__}(angle={self.angle}, length={self.length})"


def _turn(points: Tensor, first: Tensor, last: Tensor, angle: float) -> Tensor:
    """Turn points (..., 3) about the line from one point to another (Rodrigues)."""
    axis = torch.nn.functional.normalize(last - first, dim=0)
    arm = points - first
    along = (arm @ axis)[..., None] * axis
    across = torch.linalg.cross(axis.expand_as(arm), arm, dim=-1)
    turned: Tensor = first + along + math.cos(angle) * (arm - along) + math.sin(angle) * across
    return turned
