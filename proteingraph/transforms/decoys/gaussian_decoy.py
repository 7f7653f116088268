"""Decoys by Gaussian noise of a set RMSD."""

from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data.datapipes import functional_transform

from proteingraph.transforms.decoys._decoy import (
    DecoyTransform,
    Range,
    check_range,
    draw,
    scale_to_rmsd,
)

__all__ = ["GaussianDecoy"]


@functional_transform("gaussian_decoy")
class GaussianDecoy(DecoyTransform):
    """Adds Gaussian noise to every atom, so scaled that CA atoms have a set RMSD to the native.

    Functional name: :obj:`gaussian_decoy`.

    Every atom of a backbone has noise of its own. Neighbours in the chain move apart, as in no real
    model: bonds tell such decoys at once.

    Args:
        rmsd: RMSD of CA atoms after superposition, Å; one is drawn evenly from a range for each
            graph. (default: :obj:`(0.5, 5.0)`)

    Adds ``pos_native [N, 3]`` (Å), and replaces ``pos`` and ``backbone``.

    Raises:
        ValueError: If the RMSD is not above 0, or a graph has fewer than 4 residues, edges or
            attributes.
    """

    def __init__(self, rmsd: Range = (0.5, 5.0)) -> None:
        self.rmsd = check_range("rmsd", rmsd)

    def deform(
        self, atoms: Tensor, ca: int, order: list[Tensor], generator: torch.Generator
    ) -> Tensor:
        """Add noise to one structure."""
        target = draw(self.rmsd, generator)
        noise = torch.randn(atoms.shape, generator=generator, dtype=atoms.dtype)
        return atoms + scale_to_rmsd(atoms[:, ca], noise[:, ca], target) * noise

    def __repr__(self) -> str:
        return f"{type(self).__name__}(rmsd={self.rmsd})"
