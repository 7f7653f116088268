"""What all transforms have in common: batches, copies, names, data sets, symmetries."""

from __future__ import annotations

import copy

import pytest
import torch
from torch.utils.data.datapipes.iter import IterableWrapper
from torch_geometric.data import Batch, InMemoryDataset
from torch_geometric.loader import DataLoader
from torch_geometric.transforms import BaseTransform, Compose

from proteingraph import transforms as T
from proteingraph.datasets import CathScopMini
from proteingraph.testing import (
    assert_invariant,
    assert_permutation_equivariant,
    mirror_image,
)

EDGES = Compose([T.SequenceEdges((1, 2)), T.ResidueKNN(6)])

# Functional name: class, arguments, what must come first.
PURE = {
    "backbone_torsions": (T.BackboneTorsions, {}, None),
    "ca_torsions": (T.CATorsions, {}, None),
    "chain_ends": (T.ChainEnds, {}, None),
    "node_attribute": (T.NodeAttribute, {"name": "b_factor"}, None),
    "radial_basis": (T.RadialBasis, {}, EDGES),
    "relative_orientation": (T.RelativeOrientation, {}, EDGES),
    "residue_graph": (T.ResidueGraph, {"k": 7, "offsets": (1, 2, 3)}, None),
    "residue_knn": (T.ResidueKNN, {"k": 5}, None),
    "residue_position": (T.ResiduePosition, {}, None),
    "residue_radius": (T.ResidueRadius, {"r": 9.0, "max_num_neighbors": 8}, None),
    "residue_types": (T.ResidueTypes, {}, None),
    "same_chain": (T.SameChain, {}, EDGES),
    "sequence_edges": (T.SequenceEdges, {"offsets": (1, 3)}, None),
    "sequence_offset": (T.SequenceOffset, {}, EDGES),
}
RANDOM = {
    "contiguous_crop": (T.ContiguousCrop, {"size": 12}, None),
    "mask_residue_types": (T.MaskResidueTypes, {"rate": 0.4}, None),
    "perturb_coordinates": (T.PerturbCoordinates, {}, None),
    "spatial_crop": (T.SpatialCrop, {"size": 12}, None),
}
ALL = PURE | RANDOM
# They take a model, or a file that knows entries by name: see their own tests.
LOOKED_UP = {"LanguageModelFeatures", "ResidueFeatures"}
MORE = [
    T.RelativeOrientation("backbone"),
    T.ResidueGraph(k=6, offsets=(1,), backbone=True),
    T.PerturbCoordinates(sigma=0.3, backbone=True),
    T.ResidueRadius(4.5),
    Compose(
        [T.ContiguousCrop(12), T.MaskResidueTypes(), T.PerturbCoordinates(), T.ResidueGraph(5)]
    ),
    Compose([T.SpatialCrop(9), T.PerturbCoordinates(backbone=True), T.ResidueGraph(backbone=True)]),
    Compose([T.PerturbCoordinates(sigma=2.0), T.ContiguousCrop(10), T.ResidueGraph()]),
    Compose([T.ResidueKNN(3), T.SequenceEdges(), T.ResidueRadius(6.0), T.RadialBasis()]),
]
SIGHTED = ("backbone_torsions", "ca_torsions", "relative_orientation", "residue_graph")


def made(name):
    cls, arguments, _ = ALL[name]
    return cls(**arguments)


def ready(name, data):
    first = ALL[name][2]
    return data if first is None else first(data)


def every():
    cases = [pytest.param(made(name), ALL[name][2], id=name) for name in ALL]
    for transform in MORE:
        first = EDGES if isinstance(transform, T.RelativeOrientation) else None
        cases.append(pytest.param(transform, first, id=f"more{len(cases) - len(ALL)}"))
    return pytest.mark.parametrize(("transform", "first"), cases)


def test_all_transforms_are_covered_here():
    assert {cls.__name__ for cls, _, _ in ALL.values()} | LOOKED_UP == set(T.__all__)
    assert all(issubclass(cls, BaseTransform) for cls, _, _ in ALL.values())


@every()
def test_a_batch_gives_the_same_as_each_graph(transform, first, structures, same_data):
    if first is not None:
        structures = [first(data) for data in structures]
    expected = [transform(data) for data in structures]
    batch = transform(Batch.from_data_list(structures))
    again = batch.to_data_list()
    for number, data in enumerate(expected):
        same_data(again[number], data)
        same_data(batch[number], data)
    # Batching once more gives back the batch, edges shifted as they were.
    rebatched = Batch.from_data_list(again)
    assert rebatched.num_graphs == batch.num_graphs and rebatched.num_nodes == batch.num_nodes
    same_data(rebatched, Batch.from_data_list(expected))
    for name in set(rebatched.keys()) - {"num_nodes"}:
        if isinstance(rebatched[name], torch.Tensor):
            torch.testing.assert_close(batch[name], rebatched[name], rtol=1e-10, atol=1e-11)


@every()
@pytest.mark.parametrize("many", [False, True], ids=["data", "batch"])
def test_the_input_is_left_alone(transform, first, many, structures, same_data):
    data = Batch.from_data_list(structures) if many else structures[0]
    data = data if first is None else first(data)
    before = copy.deepcopy(data)
    # Deep copies of a batch share its bookkeeping, which must be left alone as well.
    slices = dict(data._slice_dict) if many else {}
    graphs = copy.deepcopy(data.to_data_list()) if many else []
    transform(data)
    same_data(data, before)
    if many:
        assert data._slice_dict.keys() == data._inc_dict.keys() == slices.keys()
        assert all(data._slice_dict[name] is value for name, value in slices.items())
        for ours, theirs in zip(data.to_data_list(), graphs, strict=True):
            same_data(ours, theirs)


@pytest.mark.parametrize("name", ALL)
def test_functional_name(name, structures, same_data):
    cls, arguments, _ = ALL[name]
    data = [ready(name, graph) for graph in structures[:2]]
    pipe = getattr(IterableWrapper(data), name)(**arguments)
    for actual, graph in zip(pipe, data, strict=True):
        same_data(actual, cls(**arguments)(graph))
    assert f"`{name}`" in cls.__doc__


@pytest.mark.parametrize("name", PURE)
def test_rotation_and_translation_change_nothing(name, structures):
    for data in (structures[0], structures[1], Batch.from_data_list(structures)):
        data = ready(name, data)
        names = [key for key in ("edge_index", "x", "edge_attr") if key in made(name)(data)]
        if names:
            assert_invariant(made(name), data, keys=names)


@pytest.mark.parametrize("name", [name for name in PURE if name != "residue_position"])
def test_storage_order_does_not_matter(name, structures):
    for data in (structures[0], structures[1], Batch.from_data_list(structures)):
        transform = Compose([*([ALL[name][2]] if ALL[name][2] else []), made(name)])
        names = [key for key in ("edge_index", "x", "edge_attr") if key in transform(data)]
        assert_permutation_equivariant(transform, data, keys=names)


@pytest.mark.parametrize("name", [name for name in PURE if name != "residue_position"])
def test_who_tells_a_mirror_image(name, structures):
    data = ready(name, structures[0])
    ours, theirs = made(name)(data), made(name)(mirror_image(data))
    seen = False
    for key in ("x", "edge_attr"):
        if key in ours:
            seen |= (ours[key] - theirs[key]).abs().max() > 0.1
    assert seen == (name in SIGHTED)
    if "edge_index" in ours:
        assert torch.equal(ours.edge_index, theirs.edge_index)


@pytest.mark.parametrize("name", PURE)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_attributes_have_the_type_of_the_coordinates(name, dtype, structure):
    data = structure(15, seed=8, dtype=dtype)
    out = made(name)(ready(name, data))
    for key in ("x", "edge_attr"):
        if key in out:
            assert out[key].dtype == dtype and out[key].isfinite().all()
    if dtype == torch.float32:
        exact = made(name)(ready(name, structure(15, seed=8)))
        for key in ("x", "edge_attr"):
            if key in out:
                torch.testing.assert_close(out[key].double(), exact[key], rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("name", RANDOM)
def test_the_seed_decides_the_draw(name, structures, same_data):
    data, transform = structures[0], made(name)
    same_data(transform(data), transform(data))
    other = copy.copy(data)
    other.seed = torch.tensor([7])
    with pytest.raises(AssertionError):
        other_out = transform(other)
        other_out.seed = data.seed
        same_data(other_out, transform(data))
    # A whole number and a tensor without axes are seeds, too.
    for seed in (7, torch.tensor(7)):
        same = copy.copy(data)
        same.seed = seed
        out = transform(same)
        assert out.seed is seed
        out.seed = other.seed
        same_data(out, transform(other))


@pytest.mark.parametrize("name", RANDOM)
def test_without_a_seed_draws_are_fresh_and_follow_the_global_one(name, structures, same_data):
    transform = made(name)
    for data in structures:
        del data.seed
    torch.manual_seed(3)
    first, second = transform(structures[0]), transform(structures[0])
    assert "seed" not in first
    with pytest.raises(AssertionError):
        same_data(first, second)
    torch.manual_seed(3)
    same_data(transform(structures[0]), first)
    torch.manual_seed(4)
    alone = [transform(data) for data in structures]
    torch.manual_seed(4)
    for ours, theirs in zip(
        transform(Batch.from_data_list(structures)).to_data_list(), alone, strict=True
    ):
        same_data(ours, theirs)


def test_one_seed_a_graph_is_asked_for(structures):
    batch = Batch.from_data_list(structures)
    batch.seed = torch.tensor([1, 2])
    with pytest.raises(ValueError, match=r"MaskResidueTypes needs one `seed` a graph, got 2 for 4"):
        T.MaskResidueTypes()(batch)


@every()
def test_text(transform, first):
    text = str(transform)
    assert text.startswith(type(transform).__name__ + "(") and text.endswith(")")
    assert " at 0x" not in text


class Saved(InMemoryDataset):
    """Structures in a file, as PyG keeps them."""

    def __init__(self, root, graphs=(), transform=None, pre_transform=None):
        self.graphs = graphs
        super().__init__(root, transform, pre_transform)
        self.load(self.processed_paths[0])

    @property
    def processed_file_names(self):
        return ["data.pt"]

    def process(self):
        self.save([self.pre_transform(data) for data in self.graphs], self.processed_paths[0])


def test_in_a_data_set_kept_in_memory(tmp_path, structures, same_data):
    recipe = T.ResidueGraph(k=6, offsets=(1, 2))
    noisy = Compose([T.PerturbCoordinates(), recipe])
    graphs = Saved(tmp_path / "graphs", structures, pre_transform=recipe)
    for actual, data in zip(graphs, structures, strict=True):
        same_data(actual, recipe(data))
    plain = Saved(tmp_path / "plain", structures, transform=noisy, pre_transform=copy.copy)
    batch = next(iter(DataLoader(plain, batch_size=len(structures))))
    same_data(batch, Batch.from_data_list([noisy(data) for data in structures]))


def test_cropping_once_does_not_fix_the_noise_of_all_epochs(tmp_path, structures):
    for data in structures:
        del data.seed
    saved = Saved(tmp_path, structures, T.PerturbCoordinates(sigma=1.0), T.ContiguousCrop(10))
    first, second = saved[0], saved[0]
    assert torch.equal(first.pos_clean, second.pos_clean)
    assert not torch.equal(first.pos, second.pos)


def test_on_real_domains_of_a_data_set():
    recipe = T.ResidueGraph(k=12, offsets=(1, 2, 3), backbone=True)
    domains = CathScopMini("validation", transform=recipe)
    for data in domains[:3]:
        n = data.num_nodes
        assert data.x.shape == (n, recipe.node_channels)
        assert data.edge_index.shape[1] == n * 12 and data.edge_attr.isfinite().all()
    subset = CathScopMini(
        "validation",
        pre_filter=lambda data: data.num_nodes < 60,
        pre_transform=T.ContiguousCrop(40),
        transform=Compose([T.PerturbCoordinates(), T.ResidueGraph()]),
    )
    batch = next(iter(DataLoader(subset, batch_size=4)))
    assert batch.num_graphs == 4 and batch.ptr.diff().max() <= 40
    assert batch.score.shape == batch.pos.shape and batch.edge_attr.isfinite().all()
    assert len(batch.cath_code) == 4
