"""The dense network: symmetries, and independence of batch and padding."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from helpers.dense_networks import batch_of, perturbed, trained
from torch_geometric.data import Batch

from proteingraph.datasets import CathScopMini
from proteingraph.nn.encoders.cond_resnet import CondResNet
from proteingraph.testing import (
    assert_equivariant,
    assert_invariant,
    assert_permutation_equivariant,
    mirror_image,
)

DTYPES = pytest.mark.parametrize("dtype", [torch.float32, torch.float64])


@DTYPES
@pytest.mark.parametrize("training", [False, True])
def test_embeddings_are_invariant(dtype, training):
    model = trained(dtype).train(training)
    assert_invariant(model, batch_of(20, 13, dtype=dtype))


@DTYPES
def test_gradient_is_equivariant(dtype):
    model = trained(dtype)
    assert_equivariant(model.score, perturbed(20, 13, dtype=dtype))
    assert_equivariant(model.train().score, perturbed(20, 13, dtype=dtype))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_full_network_is_equivariant(dtype):
    torch.manual_seed(0)
    model = CondResNet().to(dtype)
    data = perturbed(24, dtype=dtype)
    model.score(data)
    assert_equivariant(model.eval().score, data, trials=1)
    assert_invariant(model, data, trials=1)


def test_mirror_images_look_the_same():
    # A limit of features that are distances: nothing tells a protein from its mirror image.
    model, data = trained(torch.float64), perturbed(20, dtype=torch.float64)
    before, after = model(data), model(mirror_image(data))
    for part in ("residue", "pair", "protein"):
        assert torch.equal(getattr(before, part), getattr(after, part))
    reflection = torch.tensor([-1.0, 1.0, 1.0], dtype=torch.float64)
    torch.testing.assert_close(model.score(mirror_image(data)), model.score(data) * reflection)


@DTYPES
def test_storage_order_does_not_matter(dtype):
    model, batch = trained(dtype), perturbed(12, 7, dtype=dtype, chains=2, gaps=1)
    assert_permutation_equivariant(model, batch)
    assert_permutation_equivariant(model.score, batch)


@pytest.mark.parametrize(("dtype", "rtol"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])
def test_batching_changes_nothing(dtype, rtol):
    # Of the three, all but the longest are padded; one has a single residue.
    model, batch = trained(dtype), perturbed(17, 1, 29, dtype=dtype)
    together, scores = model(batch), model.score(batch)
    pairs, rows = 0, 0
    for number, data in enumerate(batch.to_data_list()):
        alone, n = model(data), data.num_nodes
        for found, expected in [
            (together.residue[rows : rows + n], alone.residue),
            (together.pair[pairs : pairs + n * n], alone.pair),
            (together.protein[number : number + 1], alone.protein),
            (scores[rows : rows + n], model.score(data)),
        ]:
            scale = expected.abs().max().item()
            torch.testing.assert_close(found, expected, rtol=0, atol=rtol * scale)
        assert torch.equal(together.edge_index[:, pairs : pairs + n * n] - rows, alone.edge_index)
        rows, pairs = rows + n, pairs + n * n


@pytest.mark.parametrize("training", [False, True])
def test_padding_never_leaks(training):
    model = trained().train(training)
    torch.manual_seed(0)
    features, level = torch.randn(2, 149, 12, 12), torch.tensor([3, 40])
    mask = torch.ones(2, 12, 12, dtype=torch.bool)
    mask[1, 8:] = mask[1, :, 8:] = False
    before = model.forward_map(features, level, mask)
    garbage = features.masked_fill(~mask[:, None], float("nan"))
    after = model.forward_map(garbage, level, mask)
    for found, expected in zip(after, before, strict=True):
        assert torch.equal(found, expected)
    assert not before[0].movedim(1, -1)[~mask].any()
    assert not before[1][~mask].any()


def test_more_padding_changes_nothing_in_training():
    torch.manual_seed(0)
    features, level = torch.randn(2, 149, 6, 6), torch.tensor([3, 40])
    tight, loose = trained().train(), trained().train()
    mask = torch.zeros(2, 11, 11, dtype=torch.bool)
    mask[:, :6, :6] = True
    padded = F.pad(features, (0, 5, 0, 5))
    expected, found = tight.forward_map(features, level), loose.forward_map(padded, level, mask)
    torch.testing.assert_close(found[0][..., :6, :6], expected[0], rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(found[1][..., :6, :6], expected[1], rtol=1e-4, atol=1e-4)
    for name, value in tight.state_dict().items():
        torch.testing.assert_close(loose.state_dict()[name], value, rtol=1e-4, atol=1e-5)


def test_real_domains():
    graphs = [CathScopMini(split="validation")[number] for number in (0, 50, 100)]
    for data in graphs:
        data.sigma = torch.ones(1)
    batch = Batch.from_data_list(graphs)
    model = trained()
    assert_invariant(model, batch, keys=["residue", "protein"], trials=1)
    assert_equivariant(model.score, batch, trials=1)
    alone = torch.cat([model(data).residue for data in graphs])
    torch.testing.assert_close(model(batch).residue, alone, rtol=1e-4, atol=1e-5)
