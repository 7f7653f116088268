"""Decoys by deformation along normal modes of an elastic network."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch_geometric.data.datapipes import functional_transform

from proteingraph.io.prody_reader import _quiet
from proteingraph.transforms.decoys._decoy import (
    DecoyTransform,
    Range,
    check_range,
    draw,
    scale_to_rmsd,
)

__all__ = ["NormalModeDecoy"]

SEQUENTIAL = 3


@functional_transform("normal_mode_decoy")
class NormalModeDecoy(DecoyTransform):
    """Moves a structure along its softest normal modes, to a set RMSD to the native.

    Functional name: :obj:`normal_mode_decoy`.

    Modes are those of an anisotropic network (Atilgan et al., Biophys. J. 2001, 80:505-515) of CA
    atoms, by ProDy, with springs after Orellana et al. (J. Chem. Theory Comput. 2010,
    6:2910-2923): 60 / S² between residues S ≤ 3 apart in an unbroken stretch, (6 Å / d)⁶ between
    others at a distance d. With equal springs, ends of chains would fly off. Each mode's share is
    drawn from the thermal distribution, a Gaussian of variance one over the mode's eigenvalue;
    their sum is scaled as a whole. Motion is along straight lines, so bonds are stretched where it
    is large. N, C and O move along with their CA.

    Args:
        rmsd: RMSD of CA atoms after superposition, Å; one is drawn evenly from a range for each
            graph. (default: :obj:`(0.5, 5.0)`)
        modes: Number of modes, from the softest; fewer where a structure has no more.
            (default: :obj:`20`)
        cutoff: Longest distance of atoms that a spring joins, Å. (default: :obj:`15.0`)

    Adds ``pos_native [N, 3]`` (Å), and replaces ``pos`` and ``backbone``.

    Raises:
        ValueError: If an argument is not above 0, or a graph has fewer than 4 residues, edges or
            attributes.
    """

    def __init__(self, rmsd: Range = (0.5, 5.0), modes: int = 20, cutoff: float = 15.0) -> None:
        self.rmsd = check_range("rmsd", rmsd)
        self.modes = int(check_range("modes", modes))  # type: ignore[arg-type]  # a number stays one
        self.cutoff = check_range("cutoff", cutoff)

    def deform(
        self, atoms: Tensor, ca: int, order: list[Tensor], generator: torch.Generator
    ) -> Tensor:
        """Deform one structure."""
        native = atoms[:, ca]
        target = draw(self.rmsd, generator)
        count = min(self.modes, native.numel() - 6)
        with _quiet() as prody:
            network = prody.ANM("decoy")
            network.buildHessian(native.numpy(), cutoff=self.cutoff, gamma=_springs(order))
            network.calcModes(count)
            vectors = torch.from_numpy(network.getEigvecs().copy())
            values = torch.from_numpy(network.getEigvals().copy())
        # An eigenvector's sign is arbitrary: the largest component decides.
        largest = vectors.gather(0, vectors.abs().argmax(0, keepdim=True))
        share = torch.randn(count, generator=generator, dtype=atoms.dtype)[: len(values)]
        moved = ((vectors * largest.sign()) @ (share / values.sqrt())).view(-1, 3)
        return atoms + scale_to_rmsd(native, moved, target) * moved[:, None]

    def __repr__(self) -> str:
        return f"{type(self).__name__}(rmsd={self.rmsd}, modes={self.modes}, cutoff={self.cutoff})"


def _springs(order: list[Tensor]) -> Callable[[float, int, int], float]:
    """Stiffness of the spring between two rows, given the square of their distance in Å²."""
    place = [0] * sum(map(len, order))
    start = 0
    for rows in order:
        for rank, row in enumerate(rows.tolist()):
            place[row] = start + rank
        start += len(rows) + SEQUENTIAL  # so that no two stretches are near each other in sequence

    def stiffness(square: float, i: int, j: int) -> float:
        apart = abs(place[i] - place[j])
        return 60 / apart**2 if apart <= SEQUENTIAL else (36 / square) ** 3

    return stiffness
