"""A test of a shipped network on a shipped domain, in seconds."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from proteingraph.diagnosis.finding import Finding
from proteingraph.diagnosis.machine import usable_devices

if TYPE_CHECKING:
    from torch import Tensor
    from torch_geometric.data import Data

    from proteingraph.nn import Embeddings
    from proteingraph.pretrain import DenoisingModel

__all__ = ["self_test"]

NETWORK = "dsm_tiny"
RESIDUES = 120  # about
NOISE = 1.0  # Å, added and told
TOLERANCE = 1e-3  # share of the norm, by which single precision may be off


def self_test() -> Iterator[Finding]:
    """Embed a domain, and estimate the gradient of it with noise, in double precision and single.

    A gradient that does not turn with the structure, an embedding that changes when it is moved, or
    a device that computes something else than the processor does, is told as wrong.
    """
    from proteingraph.testing import assert_equivariant, assert_invariant
    from proteingraph.zoo import load_model

    network, data = load_model(NETWORK), _noisy_domain()
    exact, wide = copy.deepcopy(network).double(), _double(data)
    yield _passes(
        "gradient",
        "turns with the structure, to 1e-9",
        lambda: assert_equivariant(lambda moved: _gradient(exact, moved), wide),
    )
    yield _passes(
        "embedding",
        "stays as it is when the structure is moved, to 1e-9",
        lambda: assert_invariant(lambda moved: _embedding(exact, moved), wide),
    )
    expected = _gradient(exact, wide), _embedding(exact, wide).protein
    for device in usable_devices():
        yield _device(device, network, data, expected)


def _device(
    device: str, network: DenoisingModel, data: Data, expected: tuple[Tensor, Tensor]
) -> Finding:
    import torch

    network, data = copy.deepcopy(network).to(device), data.clone().to(device)
    off, again = [], []
    for what, wanted in zip((_gradient, _protein), expected, strict=True):
        first, second = (what(network, data).cpu().double() for _ in range(2))
        off.append((first - wanted).norm() / wanted.norm())
        again.append((first - second).norm() / wanted.norm())
    # Unlike Python's, this largest value is NaN if one is, which is not below anything.
    worst, change = (float(torch.stack(each).max()) for each in (off, again))
    told = f"off by {worst:.0e} from double precision on the processor, by {change:.0e} from itself"
    return Finding(device, told, worst < TOLERANCE and change < TOLERANCE / 10)


def _passes(name: str, told: str, check: Callable[[], None]) -> Finding:
    try:
        check()
    except AssertionError as error:
        return Finding(name, str(error), False)
    return Finding(name, told, True)


def _noisy_domain() -> Data:
    import numpy as np
    import torch

    from proteingraph.datasets import load_cath_scop_mini

    domains = load_cath_scop_mini().trace()
    data = domains[int(np.abs(domains.lengths - RESIDUES).argmin())]
    generator = torch.Generator().manual_seed(0)
    data.pos = data.pos + NOISE * torch.randn(data.pos.shape, generator=generator)
    return data


def _double(data: Data) -> Data:
    wide: Data = data.clone().apply(lambda one: one.double() if one.is_floating_point() else one)
    return wide


def _gradient(network: DenoisingModel, data: Data) -> Tensor:
    import torch

    from proteingraph.pretrain.field import GradientField, evaluation

    field = GradientField(network, data)
    with evaluation(network):
        return field(data.pos, torch.full((1,), NOISE).to(data.pos))


def _embedding(network: DenoisingModel, data: Data) -> Embeddings:
    from proteingraph.pretrain.field import evaluation

    with evaluation(network):
        return network.embed(data.clone())


def _protein(network: DenoisingModel, data: Data) -> Tensor:
    return _embedding(network, data).protein
