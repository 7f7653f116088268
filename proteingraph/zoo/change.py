"""How far storing weights in half precision changes what comes out of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch_geometric.data import Data

from proteingraph.datasets import CathScopMini
from proteingraph.errors import WeightsError
from proteingraph.pretrain.model import DenoisingModel
from proteingraph.pretrain.sampling import estimate_gradient
from proteingraph.transforms import PerturbCoordinates

if TYPE_CHECKING:
    from proteingraph.tasks import TaskModel

__all__ = ["TOLERANCE", "halve", "output_change", "prediction_change"]

TOLERANCE = 0.01
"""Largest relative change of any output that storing weights in half precision may cause."""

DOMAINS = 4
SIGMAS = (10.0, 1.0, 0.1)


def halve(state: Mapping[str, Tensor], path: Path) -> dict[str, Tensor]:
    """Matrices in half precision; vectors (biases, norms, means), which take no room, as they are.

    Args:
        state: Weights by name.
        path: Their file, for errors.

    Raises:
        WeightsError: If a value is too large.
    """
    halved = {
        name: value.half() if value.is_floating_point() and value.dim() > 1 else value
        for name, value in state.items()
    }
    for name, value in halved.items():
        if not bool(value.isfinite().all()):
            raise WeightsError(f"{path}: {name} has values too large for half precision")
    return halved


@torch.no_grad()
def output_change(model: DenoisingModel, other: DenoisingModel) -> float:
    """Largest relative change of outputs from one network to another of the same shape.

    Compared are gradients at three levels of noise and embeddings of the native structures, on
    shipped domains that are held out: the norm of the difference over that of the output.
    """
    largest = 0.0
    for row, domain in _domains().items():
        outputs: list[dict[str, Tensor]] = []
        for network in (model, other):
            embedded = network.embed(domain.clone())
            output = {name: getattr(embedded, name) for name in ("residue", "pair", "protein")}
            for sigma in SIGMAS:
                data = domain.clone()
                data.seed = torch.tensor([row])
                data = PerturbCoordinates(network.schedule, sigma, network.backbone)(data)
                output[f"gradient at {sigma}"] = estimate_gradient(network, data, sigma)
            outputs.append(output)
        first, second = outputs
        largest = max(largest, *(_change(value, second[name]) for name, value in first.items()))
    return largest


def prediction_change(task: TaskModel, other: TaskModel) -> float:
    """Largest relative change of what one task predicts to what another of the same target does.

    Compared are calibrated predictions of the shipped domains that `output_change` looks at.
    Further features are drawn at random, with the means and deviations of those trained on.
    """
    domains = list(_domains().values())
    features = None
    if task.features:
        projection = task.task.head.projection
        assert projection is not None
        generator = torch.Generator().manual_seed(0)
        drawn = [torch.randn(d.num_nodes, len(task.features), generator=generator) for d in domains]
        features = [(projection.mean + projection.deviation * one).numpy() for one in drawn]
    predicted = zip(task.predict(domains, features), other.predict(domains, features), strict=True)
    return max(
        _change(torch.from_numpy(one.values), torch.from_numpy(two.values))
        for one, two in predicted
    )


def _domains() -> dict[int, Data]:
    """Some of the shipped domains that are held out, by their rows."""
    domains = CathScopMini("validation")
    return {row: domains[row] for row in range(0, len(domains), len(domains) // DOMAINS)}


def _change(value: Tensor, other: Tensor) -> float:
    return float((other - value).norm() / value.norm())
