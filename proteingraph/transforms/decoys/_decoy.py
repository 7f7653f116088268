"""What all transforms that make decoys share: one graph at a time, from its own seed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.transforms import BaseTransform

from proteingraph.geometry import rmsd
from proteingraph.transforms._store import (
    batch_vector,
    forbid,
    num_graphs,
    require,
    seeds,
    store_nodes,
)

__all__ = ["DecoyTransform", "Range", "check_range", "draw", "scale_to_rmsd", "stretches"]

Range = float | tuple[float, float]

FEWEST = 4
TOLERANCE = 1e-6


class DecoyTransform(BaseTransform):  # type: ignore[misc]
    """Moves the atoms of each graph, and remembers where the native ones are.

    Stores ``pos_native [N, 3]`` and replaces ``pos`` and, where there is one, ``backbone``.
    Secondary structure is removed and B-factors are set to 0, for they are the native's.
    """

    def deform(
        self, atoms: Tensor, ca: int, order: list[Tensor], generator: torch.Generator
    ) -> Tensor:
        """Move the atoms of one structure.

        Args:
            atoms: N, CA, C and O, or CA alone, of each residue, Å, float64 ``[N, A, 3]``.
            ca: Place of CA among them.
            order: Rows of each unbroken stretch, in the order of the chain.
            generator: Of all random numbers.

        Returns:
            New coordinates ``[N, A, 3]``.
        """
        raise NotImplementedError

    def forward(self, data: Data) -> Data:
        """Make a decoy of a graph, or of each graph of a batch."""
        require(self, data, "pos", "position", "chain", "segment")
        edges = [name for name in data.keys() if name.startswith("edge_")]
        forbid(self, data, *edges, "x", "adj_t", why="it would tell of the native coordinates")
        forbid(self, data, "pos_native", "pos_clean", why="a decoy is made of a native structure")
        has_backbone = getattr(data, "backbone", None) is not None
        require(self, data, *(("backbone_mask",) if has_backbone else ()))
        atoms = data.backbone.clone() if has_backbone else data.pos[:, None].clone()
        ca = 1 if has_backbone else 0
        atoms[:, ca] = data.pos
        batch = batch_vector(data)
        if batch is None:
            batch = torch.zeros(len(atoms), dtype=torch.long, device=atoms.device)
        for graph, generator in zip(range(num_graphs(data)), seeds(self, data), strict=True):
            rows = (batch == graph).nonzero().squeeze(1)
            if len(rows) < FEWEST:
                raise ValueError(
                    f"{type(self).__name__} needs {FEWEST} residues or more, got {len(rows)}"
                )
            order = stretches(data.chain[rows], data.segment[rows], data.position[rows])
            moved = self.deform(atoms[rows].double().cpu(), ca, order, generator)
            atoms[rows] = moved.to(atoms)
        store_nodes(data, "pos_native", data.pos)
        store_nodes(data, "pos", atoms[:, ca].clone())
        if has_backbone:
            store_nodes(data, "backbone", atoms * data.backbone_mask[..., None])
        if getattr(data, "b_factor", None) is not None:
            store_nodes(data, "b_factor", torch.zeros_like(data.b_factor))
        if "dssp" in data:
            del data["dssp"]
        return data


def stretches(chain: Tensor, segment: Tensor, position: Tensor) -> list[Tensor]:
    """Rows of each unbroken stretch of one structure, in the order of the chain."""
    order = torch.argsort(position.cpu(), stable=True)
    for key in (segment.cpu(), chain.cpu()):
        order = order[torch.argsort(key[order], stable=True)]
    keys = torch.stack([chain.cpu()[order], segment.cpu()[order]], dim=1)
    counts = torch.unique_consecutive(keys, dim=0, return_counts=True)[1]
    return list(torch.split(order, counts.tolist()))


def check_range(what: str, value: Range, lowest: float = 0) -> Range:
    """Return a number or a pair of them, above `lowest`, finite and ascending.

    Raises:
        ValueError: If it is not.
    """
    pair = tuple(value) if isinstance(value, Sequence) else (value, value)
    if len(pair) != 2 or not lowest < pair[0] <= pair[1] < math.inf:
        raise ValueError(
            f"{what} must be a number above {lowest:g} or an ascending pair of such, got {value}"
        )
    return (pair[0], pair[1]) if isinstance(value, Sequence) else value


def draw(value: Range, generator: torch.Generator) -> float:
    """Return a number, or draw one evenly from a range."""
    if not isinstance(value, tuple):
        return value
    share = float(torch.rand((), generator=generator, dtype=torch.float64))
    return value[0] + share * (value[1] - value[0])


def scale_to_rmsd(native: Tensor, displacement: Tensor, target: float) -> float:
    """Factor by which to move CA atoms for an RMSD to the native, after superposition.

    Args:
        native: CA, Å, float64 ``[N, 3]``.
        displacement: Directions in which they move, ``[N, 3]``.
        target: RMSD in Å.

    Raises:
        ValueError: If no factor is found, such as for a displacement of the whole as one.
    """
    factor = 1.0
    for _ in range(100):
        reached = float(rmsd(native + factor * displacement, native))
        if abs(reached - target) <= TOLERANCE * target:
            return factor
        if reached == 0:
            break
        factor *= target / reached
    raise ValueError(f"no multiple of the displacement gives an RMSD of {target:g} Å")
