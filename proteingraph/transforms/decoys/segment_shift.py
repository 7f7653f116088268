"""Decoys by a segment that is moved along the chain."""

from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data.datapipes import functional_transform

from proteingraph.transforms.decoys._decoy import DecoyTransform
from proteingraph.transforms.decoys._segments import Whole, check_whole, choose_piece, draw_whole

__all__ = ["SegmentShift"]

FLANK = 3
SHORTEST = 4


@functional_transform("segment_shift")
class SegmentShift(DecoyTransform):
    """Moves a segment along the course of the chain, as an error in an alignment does.

    Functional name: :obj:`segment_shift`.

    Each residue of the segment takes the place of the one that many further on, or back. In a flank
    of three residues for each residue of the shift, on either side, places are interpolated between
    neighbours, so that CA atoms are about 2 to 5 Å apart there.

    Args:
        shift: Residues by which to shift, or the range to draw from; either direction is as likely.
            (default: :obj:`(1, 4)`)
        length: Residues of the segment, or the range to draw from; as many as fit where an unbroken
            stretch is shorter, and a smaller shift where none has room. (default: :obj:`(8, 30)`)

    Adds ``pos_native [N, 3]`` (Å), and replaces ``pos`` and ``backbone``.

    Raises:
        ValueError: If an argument is no whole number from 1 up, or a graph has edges, attributes,
            or no unbroken stretch of 10 residues.
    """

    def __init__(self, shift: Whole = (1, 4), length: Whole = (8, 30)) -> None:
        self.shift = check_whole("shift", shift)
        self.length = check_whole("length", length)

    def deform(
        self, atoms: Tensor, ca: int, order: list[Tensor], generator: torch.Generator
    ) -> Tensor:
        """Shift a segment of one structure."""
        shift = draw_whole(self.shift, generator)
        sign = 2 * draw_whole((0, 1), generator) - 1
        length = draw_whole(self.length, generator)
        room = max(map(len, order))
        shift = min(shift, (room - SHORTEST) // (2 * FLANK))
        if shift < 1:
            raise ValueError(
                f"{type(self).__name__} needs an unbroken stretch of {SHORTEST + 2 * FLANK} "
                f"residues, the longest has {room}"
            )
        flank = FLANK * shift
        length = min(length, room - 2 * flank)
        chosen = choose_piece(order, length + 2 * flank, generator)
        assert chosen is not None  # the longest stretch has room
        rows, start = chosen
        place = torch.arange(len(rows), dtype=atoms.dtype)
        into = (place - start + 1) / (flank + 1)
        out = (start + 2 * flank + length - place) / (flank + 1)
        place = place + sign * shift * torch.minimum(into, out).clamp(0, 1)
        low = place.floor().clamp(0, len(rows) - 2).long()
        share = (place - low).clamp(0, 1)[:, None, None]
        moved = atoms.clone()
        moved[rows] = torch.lerp(atoms[rows[low]], atoms[rows[low + 1]], share)
        return moved

    def __repr__(self) -> str:
        return f"{type(self).__name__}(shift={self.shift}, length={self.length})"
