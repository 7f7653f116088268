"""Train a plain GNN of PyG, without pre-training, on graphs that composed transforms make.

    python examples/train_plain_gnn.py --steps 100

prints how often it tells the CATH class of domains of folds that it was not trained on.
"""

from __future__ import annotations

import argparse

import torch
import torch.nn.functional as F
import torch_geometric.transforms as T
from torch import Tensor, nn
from torch_geometric.data import Batch
from torch_geometric.loader import DataLoader
from torch_geometric.nn import GraphSAGE, global_mean_pool

from proteingraph.datasets import CathScopMini
from proteingraph.transforms import (
    CATorsions,
    ChainEnds,
    ContiguousCrop,
    ResidueKNN,
    ResidueTypes,
    SequenceEdges,
)

# Each step is a PyG transform: swap, leave out or add your own.
TRANSFORM = T.Compose(
    [
        ContiguousCrop(150),
        SequenceEdges((1, 2, 4)),
        ResidueKNN(12),
        ResidueTypes(),
        CATorsions(),
        ChainEnds(),
    ]
)


class ClassOfFold(nn.Module):
    """GraphSAGE, the mean over residues, and a linear layer.

    Args:
        channels: Columns of `x`.
        classes: Number of classes.
    """

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.network = GraphSAGE(channels, 64, num_layers=3)
        self.last = nn.Linear(64, classes)

    def forward(self, data: Batch) -> Tensor:
        """Return scores of the classes, ``[B, classes]``."""
        residue = self.network(data.x, data.edge_index)
        return self.last(global_mean_pool(residue, data.batch))


@torch.no_grad()
def accuracy(model: ClassOfFold, batches: list[Batch]) -> float:
    """Share of domains whose class is told."""
    right = [(model(batch).argmax(dim=-1) == batch.y).float() for batch in batches]
    return float(torch.cat(right).mean())


def main() -> None:
    """Train on domains of some folds, judge on those of others."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=100)
    arguments = parser.parse_args()

    torch.manual_seed(0)
    train = CathScopMini("train", labels="cath", level="class", transform=TRANSFORM)
    held_out = CathScopMini("validation", labels="cath", level="class", transform=TRANSFORM)
    batches = list(DataLoader(held_out, batch_size=34))
    labels = torch.cat([batch.y for batch in batches])
    model = ClassOfFold(train[0].x.size(1), train.num_classes)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    done = 0
    while done < arguments.steps:
        for batch in DataLoader(train, batch_size=16, shuffle=True):
            optimizer.zero_grad()
            F.cross_entropy(model(batch), batch.y).backward()
            optimizer.step()
            done += 1
            if done == arguments.steps:
                break
    common = labels.bincount().max().item() / len(labels)
    print(f"most frequent class: {common:.3f} of {len(labels)} held-out domains")
    print(f"told after {done} steps: {accuracy(model, batches):.3f}")


if __name__ == "__main__":
    main()
