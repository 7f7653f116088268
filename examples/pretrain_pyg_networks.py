"""Pre-train SchNet and GAT of PyG with this package's gradient head, on shipped domains.

    python examples/pretrain_pyg_networks.py --network schnet --steps 200

prints the error of the unit noise on domains of other folds, before and after: 1 is predicting
nothing.
"""

from __future__ import annotations

import argparse

import torch
import torch_geometric.transforms as T
from torch import Tensor, nn
from torch_geometric.data import Batch, Data
from torch_geometric.loader import DataLoader
from torch_geometric.nn import GAT, SchNet

from proteingraph.datasets import CathScopMini
from proteingraph.nn import EdgeGradient, NoiseSchedule
from proteingraph.transforms import ContiguousCrop, PerturbCoordinates, ResidueGraph

RECIPE = ResidueGraph(k=16)


class SchNetResidues(nn.Module):
    """SchNet on the residue graph: it sees residue types and distances.

    Args:
        channels: Channels of a residue.
    """

    edge_channels = 50
    cutoff = 20.0  # Å

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.schnet = SchNet(channels, channels, 3, self.edge_channels, self.cutoff)

    def forward(self, data: Data) -> tuple[Tensor, Tensor]:
        """Embed residues and edges."""
        source, target = data.edge_index
        distance = (data.pos[source] - data.pos[target]).norm(dim=-1)
        edge = self.schnet.distance_expansion(distance)
        residue = self.schnet.embedding(data.residue_type + 1)  # 0 is padding
        near = distance.clamp(max=self.cutoff)  # where filters end: noise makes longer edges
        for block in self.schnet.interactions:
            residue = residue + block(residue, data.edge_index, near, edge)
        return residue, edge


class GATResidues(nn.Module):
    """GAT on the residue graph: it sees all attributes of nodes and edges.

    Args:
        channels: Channels of a residue.
    """

    edge_channels = RECIPE.edge_channels

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gat = GAT(
            RECIPE.node_channels,
            channels,
            num_layers=3,
            heads=4,
            v2=True,
            edge_dim=self.edge_channels,
            add_self_loops=False,
        )

    def forward(self, data: Data) -> tuple[Tensor, Tensor]:
        """Embed residues and edges."""
        return self.gat(data.x, data.edge_index, edge_attr=data.edge_attr), data.edge_attr


class GradientOf(nn.Module):
    """Estimates the gradient with any network that embeds residues and edges.

    Args:
        network: The network.
        channels: Channels of a residue.
    """

    def __init__(self, network: SchNetResidues | GATResidues, channels: int) -> None:
        super().__init__()
        self.network = network
        inputs = 2 * channels + network.edge_channels + 1
        self.pair = nn.Sequential(nn.Linear(inputs, 64), nn.SiLU(), nn.Linear(64, 64))
        self.head = EdgeGradient(64)

    def forward(self, data: Batch) -> Tensor:
        """Return the gradient of each residue, ``[N, 3]`` in 1/Å."""
        residue, edge = self.network(data)
        source, target = data.edge_index
        sigma = data.sigma[data.batch]
        seen = [residue[source], residue[target], edge, sigma.log()[target, None]]
        return self.head(self.pair(torch.cat(seen, dim=-1)), data.edge_index, data.pos, sigma)


def unit_noise_error(model: GradientOf, batch: Batch) -> Tensor:
    """Mean squared error of the unit noise: the loss."""
    sigma = batch.sigma[batch.batch][:, None]
    return (sigma * (model(batch) - batch.score)).square().mean()


@torch.no_grad()
def judge(model: GradientOf, batches: list[Batch]) -> float:
    """Error on held-out domains, perturbed once for all."""
    return sum(unit_noise_error(model, batch).item() for batch in batches) / len(batches)


def main() -> None:
    """Train for some steps, judge before and after."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", choices=["schnet", "gat"], default="gat")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--channels", type=int, default=64)
    parser.add_argument("--domains", type=int, default=40, help="held-out domains to judge by")
    arguments = parser.parse_args()

    torch.manual_seed(0)
    noise = NoiseSchedule(largest=10.0, smallest=0.05)
    transform = T.Compose([ContiguousCrop(96), PerturbCoordinates(noise), RECIPE])
    train = CathScopMini("train", transform=transform)
    held_out = CathScopMini("validation", transform=transform)[: arguments.domains]
    batches = list(DataLoader(held_out, batch_size=8))
    kind = SchNetResidues if arguments.network == "schnet" else GATResidues
    model = GradientOf(kind(arguments.channels), arguments.channels)
    print(f"{arguments.network}, {sum(p.numel() for p in model.parameters()):,} parameters")
    print(f"error before training: {judge(model, batches):.3f}")

    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, arguments.steps)
    done = 0
    while done < arguments.steps:
        for batch in DataLoader(train, batch_size=8, shuffle=True):
            optimizer.zero_grad()
            unit_noise_error(model, batch).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            done += 1
            if done == arguments.steps:
                break
    print(f"error after {done} steps: {judge(model, batches):.3f}")


if __name__ == "__main__":
    main()
