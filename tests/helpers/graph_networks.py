"""Small graph networks and noisy structures that the tests of the graph encoder share."""

from __future__ import annotations

import torch
from torch import nn
from torch_geometric.data import Batch
from torch_geometric.transforms import Compose

from proteingraph.nn import EdgeGradient, GraphEncoder
from proteingraph.testing import random_structure
from proteingraph.transforms import PerturbCoordinates, ResidueGraph

SMALL = {
    "channels": 12,
    "pair_channels": 8,
    "hidden_channels": 10,
    "layers": 2,
    "noise_channels": 6,
    "resolved_channels": 4,
}
SIGMAS = (0.5, 4.0, 0.02, 1.0)


def recipe(backbone=False):
    return ResidueGraph(k=6, offsets=(1, 2), backbone=backbone)


def encoder(dtype=torch.float64, backbone=False, trained=True, **options):
    """A small network, conditioned on the noise as after training."""
    torch.manual_seed(0)
    graph = recipe(backbone)
    model = GraphEncoder(graph.node_channels, graph.edge_channels, **{**SMALL, **options})
    if trained:
        for conv in model.convs:
            nn.init.normal_(conv.film.weight, std=0.5)
            nn.init.normal_(conv.film.bias, std=0.5)
    return model.to(dtype).eval()


def head(dtype=torch.float64):
    torch.manual_seed(1)
    gradient = EdgeGradient(SMALL["pair_channels"])
    nn.init.normal_(gradient.network[-1].weight)
    return gradient.to(dtype)


def perturbed(*sizes, dtype=torch.float64, backbone=True, **options):
    """Noisy structures without edges: one `Data`, or a `Batch` of several."""
    graphs = []
    for n, sigma in zip(sizes, SIGMAS, strict=False):
        data = random_structure(n, seed=n, dtype=torch.float64, **options)
        data.seed = torch.tensor([n])
        # Noise of 0.3 Å breaks the ties among ideal distances; the level told is another matter.
        data = PerturbCoordinates(sigma=0.3, backbone=backbone)(data)
        for name in ("pos", "backbone"):
            data[name] = data[name].to(dtype)
        data.sigma = torch.tensor([sigma], dtype=dtype)
        del data.pos_clean, data.score, data.noise_level
        graphs.append(data)
    return graphs[0] if len(graphs) == 1 else Batch.from_data_list(graphs)


def estimate(model, gradient, graph):
    """The gradient at the coordinates of a structure without edges."""

    def run(data):
        data = graph(data)
        batch = torch.zeros(data.num_nodes, dtype=torch.long) if data.batch is None else data.batch
        pair = model(data).pair
        return gradient(pair, data.edge_index, data.pos, data.sigma[batch])

    return run


def embed(model, graph):
    return Compose([graph, model])


def parts(embeddings):
    return embeddings.residue, embeddings.pair, embeddings.protein
