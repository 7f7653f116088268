"""Gaussian noise on coordinates, with the gradient back to the native structure as target."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.data.datapipes import functional_transform
from torch_geometric.transforms import BaseTransform

from proteingraph.noise import NoiseSchedule
from proteingraph.transforms._store import (
    forbid,
    graph_sizes,
    num_graphs,
    require,
    seeds,
    store_graph_values,
    store_nodes,
)

__all__ = ["PerturbCoordinates"]

# What an earlier perturbation leaves, or what was made from native coordinates to be seen.
DERIVED = ("x", "adj_t", "pos_clean", "score", "sigma", "noise_level")
# Removed even where one row a residue is one row a graph.
NATIVE_ONLY = ("b_factor", "dssp", "backbone", "backbone_mask")
# What sequence and chain breaks alone tell. Any other attribute may give the coordinates away.
SEQUENCE = (
    "residue_type",
    "residue_type_target",
    "residue_type_mask",
    "position",
    "chain",
    "segment",
    "residue_number",
    "insertion_code",
    "batch",
    "ptr",
)


@functional_transform("perturb_coordinates")
class PerturbCoordinates(BaseTransform):  # type: ignore[misc]
    r"""Adds Gaussian noise to the coordinates and stores the gradient as target.

    Functional name: :obj:`perturb_coordinates`.

    .. math::
        \tilde{x}_i = x_i + \sigma \epsilon_i, \quad \epsilon_i \sim \mathcal{N}(0, I), \quad
        \mathrm{score}_i = (x_i - \tilde{x}_i) / \sigma^2 = -\epsilon_i / \sigma

    From Guo et al., `"Self-Supervised Pre-training for Protein Embeddings Using Tertiary
    Structures" <https://doi.org/10.1609/aaai.v36i6.20636>`_, AAAI 2022. The noise level is drawn
    from the schedule, once a graph.

    Everything that is computed from coordinates must come afterwards. Edges and `x` made from the
    native ones are refused; of all other tensors and arrays (B-factors, secondary structure, atoms,
    ...) only those that sequence alone gives, and those of one row a graph, are kept.

    Args:
        schedule: Noise levels. (default: 61 levels from 10 Å to 0.01 Å)
        sigma: Fixed noise in Å instead of a random level. (default: :obj:`None`)
        backbone: If set, `backbone` is kept and each of its atoms gets noise of its own (CA that of
            `pos`); otherwise it is removed. (default: :obj:`False`)
        keep: Names of further attributes to keep, such as labels that the network never sees.
            (default: none)

    Adds ``pos_clean [N, 3]`` (Å), ``score [N, 3]`` (1/Å), ``sigma [B]`` (Å) and
    ``noise_level [B]``, and replaces ``pos`` by the perturbed coordinates.

    Raises:
        ValueError: If the graph has edges or attributes already, or has been perturbed before; if
            ``sigma`` is not above 0 and finite.
        MissingAttributeError: If `backbone` is asked for and absent.
    """

    def __init__(
        self,
        schedule: NoiseSchedule | None = None,
        sigma: float | None = None,
        backbone: bool = False,
        keep: Sequence[str] = (),
    ) -> None:
        if sigma is not None and not 0 < sigma < math.inf:
            raise ValueError(f"sigma must be above 0 Å and finite, got {sigma}")
        self.schedule = schedule if schedule is not None else NoiseSchedule()
        self.sigma = sigma
        self.backbone = backbone
        self.keep = tuple(keep)

    def forward(self, data: Data) -> Data:
        """Perturb a graph, or each graph of a batch."""
        require(self, data, "pos", *(("backbone", "backbone_mask") if self.backbone else ()))
        edges = [name for name in data.keys() if name.startswith("edge_")]
        forbid(self, data, *edges, *DERIVED, why="it would tell of the native coordinates")
        self._remove_native(data)
        pos, atoms = data.pos, data.backbone if self.backbone else None
        sigmas = self.schedule.sigmas.tolist()
        levels, noise, atom_noise = [], [], []
        for generator, size in zip(seeds(self, data), graph_sizes(data), strict=True):
            levels.append(self.schedule.draw(generator))
            noise.append(torch.randn(size, 3, generator=generator))
            if atoms is not None:
                atom_noise.append(torch.randn(size, atoms.size(1), 3, generator=generator))
        if self.sigma is None:
            sigma = torch.tensor([sigmas[level] for level in levels])
        else:
            sigma = torch.full((num_graphs(data),), self.sigma, dtype=pos.dtype)
            levels = self.schedule.nearest_level(sigma).tolist()
        sizes = torch.tensor(graph_sizes(data))
        unit = torch.cat(noise).to(pos)
        scale = sigma.repeat_interleave(sizes).to(pos)[:, None]
        store_nodes(data, "pos_clean", pos)
        store_nodes(data, "pos", pos + scale * unit)
        store_nodes(data, "score", -unit / scale)
        store_graph_values(data, "sigma", sigma.to(pos))
        store_graph_values(data, "noise_level", torch.tensor(levels, device=pos.device))
        if atoms is not None:
            moved = torch.cat(atom_noise).to(pos)
            moved[:, 1] = unit
            moved = (atoms + scale[:, None] * moved) * data.backbone_mask[..., None]
            store_nodes(data, "backbone", moved)
        return data

    def _remove_native(self, data: Data) -> None:
        kept = {"pos", *SEQUENCE, *self.keep}
        if self.backbone:
            kept |= {"backbone", "backbone_mask"}
        graphs = num_graphs(data)
        for name, value in data.to_dict().items():
            rows = value.shape[:1] if isinstance(value, Tensor | np.ndarray) else ()
            if name not in kept and (name in NATIVE_ONLY or (rows and rows[0] != graphs)):
                del data[name]

    def __repr__(self) -> str:
        noise = f"schedule={self.schedule}" if self.sigma is None else f"sigma={self.sigma}"
        keep = f", keep={self.keep}" if self.keep else ""
        return f"{type(self).__name__}({noise}, backbone={self.backbone}{keep})"
