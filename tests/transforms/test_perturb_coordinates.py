"""Noise on coordinates: its distribution, its target, and that nothing native stays in sight."""

from __future__ import annotations

import pytest
import torch
from torch_geometric.data import Batch
from torch_geometric.transforms import Compose

from proteingraph import transforms as T
from proteingraph.errors import MissingAttributeError
from proteingraph.nn import EdgeGradient, GraphEncoder
from proteingraph.noise import NoiseSchedule
from proteingraph.testing import random_structure

TARGETS = {"pos", "backbone", "pos_clean", "score"}


def seeded(length, seed=1, **options):
    data = random_structure(length, seed=seed, dtype=torch.float64, **options)
    data.seed = torch.tensor([seed])
    return data


def test_text():
    assert str(T.PerturbCoordinates(sigma=0.5)) == "PerturbCoordinates(sigma=0.5, backbone=False)"
    schedule = NoiseSchedule(2.0, 1.0, 3)
    assert str(T.PerturbCoordinates(schedule, backbone=True, keep=["y"])) == (
        "PerturbCoordinates(schedule=NoiseSchedule(largest=2.0, smallest=1.0, levels=3, tilt=1.0), "
        "backbone=True, keep=('y',))"
    )


@pytest.mark.parametrize("sigma", [0.01, 0.7, 10.0])
def test_noise_is_normal_with_the_right_spread(sigma):
    data = seeded(4000, backbone=False)
    out = T.PerturbCoordinates(sigma=sigma)(data)
    unit = (out.pos - data.pos) / sigma
    n = unit.numel()
    # Five standard errors each: mean, variance, fourth moment; and the three axes are independent.
    assert unit.mean().abs() < 5 / n**0.5
    assert (unit.var() - 1).abs() < 5 * (2 / n) ** 0.5
    assert (unit.pow(4).mean() - 3).abs() < 5 * (96 / n) ** 0.5
    products = unit.T @ unit / len(unit)
    assert (products - torch.eye(3)).abs().max() < 5 * (2 / len(unit)) ** 0.5
    assert (unit[1:] * unit[:-1]).mean().abs() < 5 / n**0.5


@pytest.mark.parametrize(("dtype", "rtol"), [(torch.float64, 1e-9), (torch.float32, 2e-4)])
def test_score_points_back_to_the_native_structure(dtype, rtol):
    graphs = [random_structure(n, seed=n, dtype=dtype) for n in (30, 1, 12)]
    out = T.PerturbCoordinates(NoiseSchedule(10.0, 0.1, 11))(Batch.from_data_list(graphs))
    sigma = out.sigma[out.batch][:, None]
    torch.testing.assert_close(
        out.score,
        (out.pos_clean - out.pos) / sigma**2,
        rtol=rtol,
        atol=1e-2 if dtype == torch.float32 else 1e-9,
    )
    assert torch.equal(out.pos_clean, torch.cat([data.pos for data in graphs]))
    assert out.sigma.dtype == out.score.dtype == out.pos.dtype == dtype
    assert out.sigma.shape == out.noise_level.shape == (3,)


def test_levels_are_drawn_evenly_and_name_their_noise():
    torch.manual_seed(0)
    schedule = NoiseSchedule(8.0, 0.5, 5)
    data = random_structure(1, backbone=False)
    out = T.PerturbCoordinates(schedule)(Batch.from_data_list([data] * 2000))
    counts = torch.bincount(out.noise_level)
    assert len(counts) == 5
    assert (counts - 400).abs().max() < 5 * (2000 * 0.2 * 0.8) ** 0.5
    assert torch.equal(out.sigma, schedule.sigmas[out.noise_level])


def test_a_fixed_noise_is_told_exactly_with_its_nearest_level():
    out = T.PerturbCoordinates(sigma=0.1)(seeded(5))
    assert out.sigma.tolist() == [0.1]
    assert out.noise_level.tolist() == [40]
    # Level or fixed, a seed draws the same unit noise.
    levelled = T.PerturbCoordinates()(seeded(5))
    torch.testing.assert_close(levelled.score * levelled.sigma, out.score * out.sigma)


def test_residues_and_axes_draw_apart():
    unit = T.PerturbCoordinates(sigma=1.0)(seeded(50)).score
    assert len(unit.unique()) == 150


def test_every_atom_of_the_backbone_is_perturbed_by_noise_of_its_own():
    data = seeded(1500)
    data.backbone_mask[::7, 3] = False
    data.backbone = data.backbone * data.backbone_mask[..., None]
    out = T.PerturbCoordinates(sigma=0.5, backbone=True)(data)
    mask = data.backbone_mask
    unit = (out.backbone - data.backbone) / 0.5
    assert not out.backbone[~mask].any()
    assert torch.equal(out.backbone_mask, mask)
    assert (unit[mask].norm(dim=-1) > 1e-3).all()
    torch.testing.assert_close(out.backbone[:, 1], out.pos)
    whole = unit[mask.all(dim=1)].transpose(1, 2).reshape(-1, 4)
    products = whole.T @ whole / len(whole)
    assert (products - torch.eye(4)).abs().max() < 5 * (2 / len(whole)) ** 0.5


def test_without_backbone_its_atoms_are_removed():
    out = T.PerturbCoordinates()(seeded(5))
    assert "backbone" not in out and "backbone_mask" not in out
    with pytest.raises(MissingAttributeError, match=r"PerturbCoordinates\(backbone=False\) drops"):
        T.ResidueGraph(backbone=True)(out)


def decorated(data):
    """What others may have put into a graph before it is perturbed."""
    n = data.num_nodes
    data.dssp = torch.arange(n) % 3
    data.b_factor = data.pos[:, 0].clone()
    data.custom_frames = data.pos[:, None] * torch.ones(3, 1)
    data.distances = torch.cdist(data.pos, data.pos)
    data.atom_coord = data.pos.repeat(3, 1)
    data.native = data.pos.numpy().copy()
    data.label = torch.arange(n)
    data.y = torch.tensor([1.0])
    data.sccs = "a.1.1.1"
    return data


@pytest.mark.parametrize("backbone", [False, True])
def test_only_what_sequence_gives_is_kept(backbone):
    transform = T.PerturbCoordinates(backbone=backbone, keep=["label"])
    expected = {"residue_type", "chain", "segment", "position", "residue_number", "insertion_code"}
    expected |= {"pos", "pos_clean", "score", "sigma", "noise_level", "num_nodes", "seed"}
    expected |= {"name", "chain_id", "sccs", "y", "label"}
    expected |= {"backbone", "backbone_mask"} if backbone else set()
    for data in (decorated(seeded(8)), decorated(seeded(1))):
        out = transform(data)
        extra = set(out.keys()) - expected
        # One row a residue cannot be told from one row a graph where there is one residue.
        assert (
            extra == set()
            if data.num_nodes > 1
            else extra <= {"custom_frames", "distances", "native"}
        )
    graphs = [decorated(seeded(n)) for n in (8, 11)]
    for graph in graphs:
        del graph.distances, graph.native  # cannot be batched
    batch = transform(Batch.from_data_list(graphs))
    assert set(batch.keys()) == expected | {"batch", "ptr"}
    for graph, data in zip(batch.to_data_list(), graphs, strict=True):
        assert set(graph.keys()) == expected
        assert torch.equal(graph.label, data.label) and graph.sccs == "a.1.1.1"


@pytest.mark.parametrize("backbone", [False, True])
def test_what_else_is_there_does_not_depend_on_native_coordinates(backbone):
    """Two structures of one sequence, perturbed: all but coordinates and targets is equal."""
    first, second = decorated(seeded(20)), seeded(20)
    second.pos = 50 * torch.randn(20, 3, dtype=torch.float64)
    second.backbone = 50 * torch.randn(20, 4, 3, dtype=torch.float64)
    for name in ("distances", "native"):
        del first[name]
    second = decorated(second)
    second.residue_type = first.residue_type
    transform = T.PerturbCoordinates(backbone=backbone)
    ours, theirs = transform(first), transform(second)
    assert set(ours.keys()) - set(theirs.keys()) == set()
    compared = set(ours.keys()) - TARGETS
    assert {"sigma", "residue_type", "position"} <= compared
    for name in compared:
        if isinstance(ours[name], torch.Tensor):
            assert torch.equal(ours[name], theirs[name]), name


@pytest.mark.parametrize("backbone", [False, True])
def test_the_network_sees_nothing_of_the_native_structure(backbone):
    recipe = T.ResidueGraph(k=8, offsets=(1, 2), backbone=backbone)
    graphs = [seeded(20, seed=1, gaps=1), seeded(15, seed=2, chains=2)]
    noisy = T.PerturbCoordinates(backbone=backbone)(Batch.from_data_list(graphs))
    garbage = noisy.clone()
    garbage.pos_clean = torch.full_like(noisy.pos, float("nan"))
    garbage.score = torch.full_like(noisy.pos, float("inf"))
    ours, theirs = recipe(noisy), recipe(garbage)
    torch.manual_seed(0)
    encoder = GraphEncoder(recipe.node_channels, recipe.edge_channels, 16, 8, 16, 2).double()
    head = EdgeGradient(8).double()
    torch.nn.init.normal_(head.network[-1].weight)
    outputs = []
    for data in (ours, theirs):
        embedded = encoder(data)
        gradient = head(embedded.pair, data.edge_index, data.pos, data.sigma[data.batch])
        outputs.append((embedded.residue, embedded.pair, embedded.protein, gradient))
    for name in ("pos", "edge_index", "x", "edge_attr", "sigma"):
        assert torch.equal(ours[name], theirs[name]), name
    for one, other in zip(*outputs, strict=True):
        assert torch.equal(one, other) and one.isfinite().all()


@pytest.mark.parametrize("backbone", [False, True])
def test_edges_and_attributes_are_those_of_the_perturbed_coordinates(backbone):
    """As if the perturbed structure had been read from a file."""
    recipe = T.ResidueGraph(k=8, offsets=(1, 2), backbone=backbone)
    native = seeded(30)
    noisy = T.PerturbCoordinates(sigma=3.0, backbone=backbone)(native)
    fresh = seeded(30)
    fresh.pos = noisy.pos
    if backbone:
        fresh.backbone = noisy.backbone
    for name in ("edge_index", "x", "edge_attr"):
        assert torch.equal(recipe(noisy)[name], recipe(fresh)[name])
        same = recipe(native)[name].shape == recipe(noisy)[name].shape
        assert not same or not torch.equal(recipe(native)[name], recipe(noisy)[name])


BEFORE = {
    "edge_index": T.ResidueKNN(3),
    "x": T.ChainEnds(),
    "edge_attr": Compose([T.ResidueKNN(3), T.RadialBasis()]),
    "pos_clean": T.PerturbCoordinates(),
}


@pytest.mark.parametrize("name", BEFORE)
@pytest.mark.parametrize("many", [False, True])
def test_perturbing_too_late_is_refused(name, many):
    data = Batch.from_data_list([seeded(9), seeded(6)]) if many else seeded(9)
    with pytest.raises(ValueError, match="must come before what sets") as error:
        T.PerturbCoordinates()(BEFORE[name](data))
    assert "it would tell of the native coordinates" in str(error.value)


@pytest.mark.parametrize("name", ["edge_weight", "edge_type", "adj_t", "sigma", "edge_attr"])
def test_edges_of_others_are_refused_too(name):
    data = seeded(9)
    data[name] = torch.ones(1)
    with pytest.raises(ValueError, match=f"must come before what sets `{name}`"):
        T.PerturbCoordinates()(data)


@pytest.mark.parametrize("sigma", [0.0, -1.0, float("nan"), float("inf")])
def test_noise_is_positive(sigma):
    with pytest.raises(ValueError, match="sigma must be above 0 Å and finite"):
        T.PerturbCoordinates(sigma=sigma)
