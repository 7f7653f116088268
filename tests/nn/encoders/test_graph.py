"""The graph encoder: shapes, symmetries, batches, and what it reads."""

from __future__ import annotations

import pytest
import torch
from helpers.graph_networks import SMALL, embed, encoder, estimate, head, parts, perturbed, recipe
from torch_geometric.data import Batch, Data
from torch_geometric.transforms import Compose

from proteingraph.datasets import CathScopMini
from proteingraph.errors import MissingAttributeError
from proteingraph.nn import GraphEncoder, mean_and_deviation
from proteingraph.testing import (
    assert_equivariant,
    assert_invariant,
    assert_permutation_equivariant,
    mirror_image,
    random_rotation,
    rigid_motion,
)
from proteingraph.transforms import ResidueGraph

DTYPES = pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
BACKBONE = pytest.mark.parametrize("backbone", [False, True])


def test_text_and_size():
    model = GraphEncoder(30, 89)
    assert str(model) == "GraphEncoder(channels=128, pair_channels=64, layers=5)"
    assert GraphEncoder(**model.config).state_dict().keys() == model.state_dict().keys()
    small = encoder()
    rest = {"node_channels": 30, "edge_channels": 89, "dropout": 0.0, "expansion": 2}
    assert small.config == {**rest, **SMALL}
    wide = encoder(expansion=5)
    assert wide.convs[0].node_out.in_features == 5 * SMALL["channels"]


def test_the_same_whether_a_gradient_is_asked_for_or_not():
    model, batch = encoder(), recipe()(perturbed(30, 45))
    asked = model(batch)
    with torch.no_grad():
        for one, other in zip(parts(model(batch)), parts(asked), strict=True):
            assert torch.equal(one, other)


@DTYPES
@BACKBONE
def test_shapes_and_types(dtype, backbone):
    graph = recipe(backbone)
    data = graph(perturbed(25, 1, 11, dtype=dtype))
    out = encoder(dtype, backbone)(data)
    assert out.residue.shape == (37, 20) and out.pair.shape == (data.num_edges, 8)
    assert out.protein.shape == (3, 16)
    assert torch.equal(out.edge_index, data.edge_index)
    for part in parts(out):
        assert part.dtype == dtype and part.isfinite().all()
    pooled = mean_and_deviation(out.pair, data.batch[data.edge_index[1]], 3)
    assert torch.equal(out.protein, pooled)
    assert not out.protein[1].any() and out.protein[0].any()  # one residue has no pairs


@BACKBONE
@pytest.mark.parametrize("sizes", [(30,), (24, 9, 1)])
def test_embeddings_are_invariant(backbone, sizes):
    data = perturbed(*sizes)
    assert_invariant(embed(encoder(backbone=backbone), recipe(backbone)), data)


@BACKBONE
@pytest.mark.parametrize("sizes", [(30,), (24, 9, 1)])
def test_the_gradient_is_equivariant(backbone, sizes):
    run = estimate(encoder(backbone=backbone), head(), recipe(backbone))
    assert_equivariant(run, perturbed(*sizes))


def test_in_single_precision_on_fixed_edges():
    """Neighbors may swap at near ties, so the edges are those found before the motion."""
    model, gradient = encoder(torch.float32), head(torch.float32)
    parts_after = recipe().transform.transforms[2:]
    data = Compose(recipe().transform.transforms[:2])(perturbed(30, 17, dtype=torch.float32))
    attributes = Compose(parts_after)
    assert_invariant(embed(model, attributes), data, rtol=1e-4)
    assert_equivariant(estimate(model, gradient, attributes), data, rtol=1e-4)


def test_real_domains_in_both_precisions():
    domains = [data for data in CathScopMini("validation") if data.num_nodes < 80][:2]
    batch = Batch.from_data_list(domains)
    data = Data(
        **{name: batch[name] for name in ("residue_type", "chain", "segment", "position", "batch")},
        pos=batch.pos.double(),
        sigma=torch.tensor([0.5, 2.0], dtype=torch.float64),
    )
    run = estimate(encoder(), head(), recipe())
    assert_equivariant(run, data)
    assert_invariant(embed(encoder(), recipe()), data)
    graph = recipe()(data)
    exact = encoder()(graph)
    for name in ("x", "edge_attr", "sigma"):
        graph[name] = graph[name].float()
    for ours, theirs in zip(parts(encoder(torch.float32)(graph)), parts(exact), strict=True):
        torch.testing.assert_close(ours.double(), theirs, rtol=1e-3, atol=1e-4)


@BACKBONE
@pytest.mark.parametrize("sizes", [(30,), (24, 9, 1)])
def test_storage_order_is_followed(backbone, sizes):
    data = perturbed(*sizes, chains=2) if min(sizes) > 1 else perturbed(*sizes)
    model, graph = encoder(backbone=backbone), recipe(backbone)
    assert_permutation_equivariant(embed(model, graph), data)
    assert_permutation_equivariant(estimate(model, head(), graph), data)


@BACKBONE
def test_mirror_images_differ(backbone):
    data = perturbed(30)
    model, graph = encoder(backbone=backbone), recipe(backbone)
    ours, theirs = graph(data), graph(mirror_image(data))
    assert torch.equal(ours.edge_index, theirs.edge_index)
    for name in ("x", "edge_attr"):
        assert (ours[name] - theirs[name]).abs().max() > 0.5
    for one, other in zip(parts(model(ours)), parts(model(theirs)), strict=True):
        assert (one - other).norm() > 0.05 * one.norm()


def test_distances_alone_would_not_tell_a_mirror_image():
    """That the difference above comes from torsions and orientation, and nothing else."""
    graph = ResidueGraph(k=6, offsets=(1, 2), orientation=False)
    torch.manual_seed(0)
    model = GraphEncoder(graph.node_channels, graph.edge_channels, **SMALL).double()
    ours, theirs = (graph(data) for data in (perturbed(30), mirror_image(perturbed(30))))
    torsion_sine = ResidueGraph().config["residue_types"] * 22 + 4
    assert not torch.allclose(model(ours).pair, model(theirs).pair)
    ours.x[:, torsion_sine] = theirs.x[:, torsion_sine] = 0.0
    torch.testing.assert_close(model(ours).pair, model(theirs).pair)


@DTYPES
@BACKBONE
def test_a_batch_gives_the_same_as_each_graph(dtype, backbone):
    graph, model = recipe(backbone), encoder(dtype, backbone)
    batch = graph(perturbed(25, 1, 11, dtype=dtype))
    out = model(batch)
    alone = [model(data) for data in batch.to_data_list()]
    tolerance = {"rtol": 1e-9, "atol": 1e-10} if dtype == torch.float64 else {}
    tolerance = tolerance or {"rtol": 1e-4, "atol": 1e-5}
    for name in ("residue", "pair", "protein"):
        joined = torch.cat([getattr(part, name) for part in alone])
        torch.testing.assert_close(getattr(out, name), joined, **tolerance)


def test_residue_is_its_state_and_the_mean_of_its_pairs():
    data = recipe()(perturbed(9, 5))
    model = encoder()
    out = model(data)
    state, pair = model.encode(data.x, data.edge_index, data.edge_attr, data.sigma, data.batch)
    assert torch.equal(out.residue[:, :12], state)
    assert torch.equal(out.pair, pair)
    for residue in (0, 8, 13):
        mean = pair[data.edge_index[1] == residue].mean(0)
        torch.testing.assert_close(out.residue[residue, 12:], mean)


def test_one_residue():
    data = recipe()(perturbed(1))
    out = encoder()(data)
    assert out.residue.shape == (1, 20) and out.residue.isfinite().all()
    assert out.pair.shape == (0, 8) and not out.protein.any()
    assert not estimate(encoder(), head(), recipe())(perturbed(1)).any()


def test_the_network_reads_no_coordinates():
    """Only `x`, `edge_index`, `edge_attr` and `sigma`: everything else may be missing."""
    model = encoder()
    data = recipe()(perturbed(20))
    bare = Data(**{name: data[name] for name in ("x", "edge_index", "edge_attr", "sigma")})
    for ours, theirs in zip(parts(model(bare)), parts(model(data)), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("x", "ResidueGraph"),
        ("edge_index", "ResidueGraph"),
        ("edge_attr", "ResidueGraph"),
        ("sigma", "PerturbCoordinates, or is set to one value a graph, in Å"),
    ],
)
def test_what_is_missing_and_who_provides_it(name, source):
    data = recipe()(perturbed(20))
    del data[name]
    with pytest.raises(MissingAttributeError, match=f"`{name}`, which comes from {source}"):
        encoder()(data)


def test_the_gradient_of_a_moved_structure_by_hand():
    """Without the helpers: rotate, estimate, compare to the rotated estimate."""
    data = perturbed(20)
    turn = random_rotation(torch.Generator().manual_seed(7))
    run = estimate(encoder(), head(), recipe())
    ours = run(data)
    theirs = run(rigid_motion(data, turn, torch.tensor([5.0, -40.0, 13.0]).double()))
    assert ours.norm(dim=1).min() > 1e-6
    assert (theirs - ours @ turn.T).abs().max() < 1e-9 * ours.abs().max()
