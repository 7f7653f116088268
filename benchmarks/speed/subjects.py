"""What is timed: networks that estimate the gradient, on structures of any number of residues."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch_geometric.data import Batch, Data

from benchmarks.speed.peers import PEERS
from benchmarks.speed.roofline import wait
from proteingraph.datasets import load_cath_scop_mini
from proteingraph.pretrain import DenoisingModel
from proteingraph.transforms import PerturbCoordinates

__all__ = [
    "DENSE",
    "KINDS",
    "NETWORKS",
    "OURS",
    "Network",
    "make_networks",
    "parameters",
    "perturbed",
    "structure",
    "variants",
    "work",
]

OURS, FRESH, WHOLE, DENSE = "ours", "ours, attributes too", "ours, from coordinates", "CondResNet"
NETWORKS = (OURS, DENSE, *PEERS)
KINDS = ("forward", "training step")
NEIGHBORS, SIGMA, APART = 30, 1.0, 60.0

Network = Callable[[Data], Tensor]


def structure(residues: int) -> Data:
    """A structure of as many residues: a domain, or several side by side as chains, cut."""
    pack = load_cath_scop_mini()
    enough = np.flatnonzero(pack.lengths >= min(residues, pack.lengths.max()))
    shortest = enough[np.argmin(pack.lengths[enough])]
    chains, total = [pack[int(shortest)]], int(pack.lengths[shortest])
    while total < residues:
        chains.append(pack[len(chains)])
        total += chains[-1].num_nodes
    across = int(np.ceil(len(chains) ** (1 / 3)))
    parts: dict[str, list[Tensor]] = {}
    for number, chain in enumerate(chains):
        place = torch.tensor(np.unravel_index(number, [across] * 3)) * APART
        parts.setdefault("pos", []).append(chain.pos - chain.pos.mean(0) + place)
        parts.setdefault("chain", []).append(torch.full_like(chain.chain, number))
        for name in ("residue_type", "segment", "position"):
            parts.setdefault(name, []).append(chain[name])
    return Data(**{name: torch.cat(values)[:residues] for name, values in parts.items()})


def perturbed(model: DenoisingModel, residues: int, device: torch.device) -> Data:
    """A graph of a perturbed structure, as the networks are given it."""
    torch.manual_seed(0)
    data = PerturbCoordinates(sigma=SIGMA)(Batch.from_data_list([structure(residues)]))
    graph: Data = model.prepare(data.to(device))
    return graph


def make_networks(names: list[str], device: torch.device) -> dict[str, nn.Module]:
    """Untrained networks by name, as far as they are installed."""
    networks: dict[str, nn.Module] = {}
    for name in names:
        torch.manual_seed(0)
        if name == OURS:
            networks[name] = DenoisingModel("graph", {"k": NEIGHBORS}, {"hidden_channels": 96})
        elif name == DENSE:
            networks[name] = DenoisingModel("cond_resnet")
        elif PEERS[name].installed:
            networks[name] = PEERS[name].make()
        else:
            print(f"{name}: left out, for {PEERS[name].package} is not installed")
    return {name: network.to(device) for name, network in networks.items()}


def parameters(network: nn.Module) -> int:
    """Number of parameters."""
    return sum(value.numel() for value in network.parameters())


def from_attributes(model: DenoisingModel, data: Data) -> Tensor:
    """Our estimate, with attributes computed anew on given edges."""
    assert model.graph is not None
    data = copy.copy(data)
    del data.x, data.edge_attr
    for transform in model.graph.transform.transforms[2:]:  # the first two make the edges
        data = transform(data)
    return model(data)


def from_coordinates(model: DenoisingModel, data: Data) -> Tensor:
    """Our estimate, with edges and attributes computed anew."""
    data = copy.copy(data)
    del data.x, data.edge_attr, data.edge_index
    return model(model.prepare(data))


def variants(model: DenoisingModel) -> dict[str, Network]:
    """Our network with more and more of the work that precedes it."""
    return {
        OURS: model,
        FRESH: lambda data: from_attributes(model, data),
        WHOLE: lambda data: from_coordinates(model, data),
    }


def work(
    network: Network, values: list[nn.Parameter], data: Data, kind: str, bf16: bool = False
) -> Callable[[], None]:
    """What is timed: a forward pass, or a training step of parameters."""
    device = data.pos.device
    scale = data.sigma[data.batch][:, None]

    def estimate() -> Tensor:
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            return network(data)

    @torch.no_grad()
    def forward() -> None:
        estimate()
        wait(device)

    optimizer = torch.optim.AdamW(values, 1e-6, fused=True)

    def step() -> None:
        optimizer.zero_grad()
        ((estimate() - data.score) * scale).square().mean().backward()
        optimizer.step()
        wait(device)

    return forward if kind == "forward" else step
