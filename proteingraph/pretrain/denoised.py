"""Denoising of a structure with all its atoms."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from proteingraph.errors import StructureError
from proteingraph.io.structure import Structure
from proteingraph.pretrain.model import DenoisingModel
from proteingraph.pretrain.sampling import (
    annealed_langevin,
    compare_structures,
    denoise_step,
    estimate_gradient,
    levels_below,
)
from proteingraph.transforms import PerturbCoordinates

__all__ = ["SUSPECTED_NOISE", "DenoisedStructure", "denoise_structure"]

SUSPECTED_NOISE = 0.5
"""Noise in Å that a network is told of a structure of which nothing else is known."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class DenoisedStructure:
    """A structure, the gradient at its N residues that have CA, and where that leads.

    Attributes:
        structure: All residues, moved: each rigidly along with its CA, with the orientation and
            side chain it had. Residues without CA stay where they were.
        rows: Rows of the N residues in the structure, int64 [N].
        graph: Number of the graph that each residue was in, int64 [N]: a graph a chain, or one.
        given: CA as in the file, Å, float32 [N, 3].
        start: CA at which the gradient was estimated, Å, float32 [N, 3]: `given`, or perturbed.
        gradient: Estimated gradient in 1/Å, float32 [N, 3].
        denoised: CA of `structure`, Å, float32 [N, 3].
        sigma: Noise in Å that the network was told.
    """

    structure: Structure
    rows: npt.NDArray[np.int64]
    graph: npt.NDArray[np.int64]
    given: Floats
    start: Floats
    gradient: Floats
    denoised: Floats
    sigma: float

    @property
    def norm(self) -> Floats:
        """Norm of the gradient in 1/Å, [N]."""
        return np.asarray(np.linalg.norm(self.gradient, axis=-1), dtype=np.float32)

    @property
    def norm_of_rows(self) -> Floats:
        """Norm of the gradient of every residue of the structure in 1/Å, [L]; 0 without CA."""
        values = np.zeros(len(self.structure), dtype=np.float32)
        values[self.rows] = self.norm
        return values

    def compare(self) -> tuple[Floats, Floats]:
        """RMSD (superposed, Å) and lDDT of CA against `given`, at `start` and when denoised.

        Returns:
            RMSD and lDDT, each float32 [2, graphs].
        """
        given, graph = torch.from_numpy(self.given), torch.from_numpy(self.graph)
        stages = (torch.from_numpy(self.start), torch.from_numpy(self.denoised))
        pairs = [compare_structures(pos, given, graph) for pos in stages]
        rmsd, lddt = (torch.stack(values).numpy() for values in zip(*pairs, strict=True))
        return rmsd, lddt


def denoise_structure(
    model: DenoisingModel,
    structure: Structure,
    *,
    sigma: float | None = None,
    perturb: float | None = None,
    seed: int = 0,
    langevin: bool = False,
    levels: int | None = 10,
    steps_per_level: int = 5,
    together: bool = False,
) -> DenoisedStructure:
    """Estimate the gradient at a structure's coordinates, and move the structure along it.

    The network estimates where CA atoms should be; every other atom follows the CA of its residue.
    Noise that is added moves residues likewise; a network that sees N, C and O is shown these with
    noise of their own, as in training.

    Args:
        model: The network.
        structure: The structure.
        sigma: Noise in Å that the network is told. (default: `perturb` if given, else
            `SUSPECTED_NOISE`)
        perturb: Noise in Å to add first. (default: none)
        seed: Seed of all noise. (default: :obj:`0`)
        langevin: Whether to move by annealed Langevin dynamics from `sigma` down, instead of in
            one step. (default: :obj:`False`)
        levels: Number of its noise levels, or None for all that the network has below `sigma`.
            (default: :obj:`10`)
        steps_per_level: Its steps at each level. (default: :obj:`5`)
        together: Whether the network sees all chains in one graph, instead of each on its own.
            (default: :obj:`False`)

    Returns:
        The moved structure and the gradient.

    Raises:
        StructureError: If no residue has CA.
        ValueError: If a number is out of range.
    """
    kept = np.flatnonzero(structure.backbone_mask[:, 1])
    if not len(kept):
        raise StructureError(f"{structure.name}: no residue has a CA atom, so none can be denoised")
    told = sigma if sigma is not None else perturb
    told = SUSPECTED_NOISE if told is None else told
    chain = structure.chain[kept]
    chains = [kept[chain == name] for name in dict.fromkeys(chain.tolist())]
    groups = [kept] if together else chains
    starts, gradients, ends = [], [], []
    for number, rows in enumerate(groups):
        data = structure.select(rows).to_data()
        if perturb is not None:
            data.seed = torch.tensor([seed + number])
            data = PerturbCoordinates(model.schedule, perturb, model.backbone)(data)
        starts.append(data.pos)
        gradients.append(estimate_gradient(model, data, told))
        if langevin:
            path = levels_below(model.schedule, told, levels)
            moved = annealed_langevin(
                model, data, path, steps_per_level=steps_per_level, seed=seed + number
            )
            ends.append(moved)
        else:
            ends.append(denoise_step(model, data, told))
    rows = np.concatenate(groups)
    order = np.argsort(rows)
    rows = rows[order]
    graph = np.repeat(np.arange(len(groups)), [len(group) for group in groups])[order]
    start, gradient, end = (torch.cat(x).numpy()[order] for x in (starts, gradients, ends))
    given = structure.pos[rows]
    return DenoisedStructure(
        structure=_moved(structure, rows, end - given),
        rows=rows,
        graph=graph,
        given=given,
        start=start,
        gradient=gradient,
        denoised=end,
        sigma=told,
    )


def _moved(structure: Structure, rows: npt.NDArray[np.int64], shift: Floats) -> Structure:
    every = np.zeros((len(structure), 3), dtype=np.float32)
    every[rows] = shift
    return replace(
        structure,
        backbone=structure.backbone + every[:, None] * structure.backbone_mask[..., None],
        atom_coord=structure.atom_coord + every[structure.atom_residue],
    )
