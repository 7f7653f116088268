"""Small dense networks and noisy structures that their tests share."""

from __future__ import annotations

import torch
from torch import nn
from torch_geometric.data import Batch

from proteingraph.nn.encoders.cond_resnet import CondResNet
from proteingraph.testing import random_structure


def trained(dtype=torch.float32, **options):
    """A small network whose norms have seen maps, and whose levels differ as after training."""
    torch.manual_seed(0)
    model = CondResNet(**{"channels": 12, "bottleneck": 6, "blocks": 5, **options})
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            module.reset_parameters()
        if hasattr(module, "gamma"):
            nn.init.normal_(module.gamma, mean=1.0, std=0.2)
            nn.init.normal_(module.beta, std=0.2)
    model(batch_of(25, 14))
    return model.eval().to(dtype)


def batch_of(*sizes, dtype=torch.float32, **options):
    return Batch.from_data_list(
        [random_structure(n, seed=n, dtype=dtype, **options) for n in sizes]
    )


def perturbed(*sizes, dtype=torch.float32, **options):
    torch.manual_seed(1)
    graphs = batch_of(*sizes, dtype=dtype, **options).to_data_list()
    for data, sigma in zip(graphs, [0.5, 5.0, 0.02, 1.0], strict=False):
        noise = torch.randn(data.pos.shape, dtype=dtype)
        data.sigma = torch.tensor([sigma], dtype=dtype)
        data.pos = data.pos + sigma * noise
        data.score = -noise / sigma
    return Batch.from_data_list(graphs)


def count(module):
    return sum(p.numel() for p in module.parameters())
