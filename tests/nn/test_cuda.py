"""The same graphs, gradients and embeddings on a GPU as on the CPU."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor
from torch_geometric.data import Batch

from proteingraph.datasets import load_cath_scop_mini
from proteingraph.embedding import embed_graphs
from proteingraph.io import read_structure
from proteingraph.ops import knn_edges, radius_edges, segment_mean, segment_sum
from proteingraph.transforms import PerturbCoordinates, ResidueGraph
from proteingraph.zoo import load_model

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


@pytest.fixture(scope="module")
def chains() -> Batch:
    pack = load_cath_scop_mini()
    torch.manual_seed(0)
    return PerturbCoordinates(sigma=1.0)(Batch.from_data_list([pack[i] for i in range(6)]))


def test_edges_agree(chains: Batch) -> None:
    pos, batch = chains.pos, chains.batch
    for search, reach in ((knn_edges, 24), (radius_edges, 12.0)):
        found = search(pos.cuda(), reach, batch.cuda())
        assert torch.equal(found.cpu(), search(pos, reach, batch))


@pytest.mark.parametrize("backbone", [False, True])
def test_graphs_agree(chains: Batch, backbone: bool) -> None:
    make = ResidueGraph(backbone=backbone)
    data = read_structure("tests/data/1aki.cif").to_data() if backbone else chains
    here, there = make(copy.copy(data)), make(copy.copy(data).to("cuda"))
    assert torch.equal(there.edge_index.cpu(), here.edge_index)
    torch.testing.assert_close(there.x.cpu(), here.x, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(there.edge_attr.cpu(), here.edge_attr, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("fixed", [True, False])
def test_sums_agree_and_differentiate(fixed: bool) -> None:
    torch.manual_seed(0)
    target = torch.arange(50).repeat_interleave(7) if fixed else torch.randint(50, (350,))
    values = torch.randn(350, 5)

    def both(device: str) -> list[Tensor]:
        src = values.to(device).requires_grad_()
        index = target.to(device)
        out = segment_sum(src, index, 50), segment_mean(src, index, 50)
        (grad,) = torch.autograd.grad((out[0] * out[1]).sum(), src)
        return [*out, grad]

    for here, there in zip(both("cpu"), both("cuda"), strict=True):
        torch.testing.assert_close(there.cpu(), here)


@pytest.mark.parametrize("name", ["dsm_small", "dsm_base"])
def test_gradients_and_embeddings_agree(chains: Batch, name: str) -> None:
    model = load_model(name)
    twin = copy.deepcopy(model).cuda()

    def trained(network: torch.nn.Module, device: str) -> tuple[Tensor, list[Tensor]]:
        data = network.prepare(copy.copy(chains).to(device))
        score = network(data)
        scale = data.sigma[data.batch][:, None]
        loss = ((score - data.score) * scale).square().mean()
        parameters = [p for p in network.parameters() if p.requires_grad]
        grads = torch.autograd.grad(loss, parameters, allow_unused=True)
        return score.detach().cpu(), [g.cpu() for g in grads if g is not None]

    (score, grads), (other, others) = trained(model, "cpu"), trained(twin, "cuda")
    torch.testing.assert_close(other, score, atol=1e-3, rtol=1e-3)
    assert len(grads) == len(others) > 50
    for there, here in zip(others, grads, strict=True):
        torch.testing.assert_close(there, here, atol=1e-3 * float(here.abs().max()), rtol=1e-2)
    natives = [load_cath_scop_mini()[i] for i in range(6)]
    for here, there in zip(embed_graphs(model, natives), embed_graphs(twin, natives), strict=True):
        assert (
            torch.nn.functional.cosine_similarity(
                torch.from_numpy(there.protein), torch.from_numpy(here.protein), dim=0
            )
            > 0.9999
        )
        assert abs(there.residue - here.residue).max() < 0.01
