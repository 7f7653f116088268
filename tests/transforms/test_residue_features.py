"""Features looked up by the name of the entry."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.numpy import save_file
from torch.utils.data.datapipes.iter import IterableWrapper
from torch_geometric.data import Batch
from torch_geometric.loader import DataLoader
from torch_geometric.transforms import Compose

from proteingraph.datasets import CathScopMini, PackDataset, load_cath_scop_mini
from proteingraph.embedding.files import embed_files
from proteingraph.embedding.tables import write_embeddings
from proteingraph.errors import DatasetError, MissingAttributeError
from proteingraph.io import read_structure
from proteingraph.nn import GraphEncoder
from proteingraph.pretrain import DenoisingModel
from proteingraph.testing import random_structure
from proteingraph.transforms import (
    ContiguousCrop,
    MaskResidueTypes,
    NodeAttribute,
    PerturbCoordinates,
    ResidueFeatures,
    ResidueGraph,
)

STRUCTURES = [random_structure(length, seed=length) for length in (12, 5, 20)]


@pytest.fixture
def arrays():
    """Features of three structures, and of one that is not asked for."""
    generator = np.random.default_rng(0)
    sizes = {data.name: data.num_nodes for data in STRUCTURES} | {"other": 3}
    return {name: generator.random((size, 4), np.float32) for name, size in sizes.items()}


def write_parquet(path, arrays, **columns):
    names = list(arrays)
    rows = [value.tolist() for value in arrays.values()]
    pq.write_table(pa.table({"name": names, "residue": rows, **columns}), path)


WRITERS = {
    "f.npz": lambda path, arrays: np.savez(path, **arrays),
    "packed.npz": lambda path, arrays: np.savez_compressed(path, **arrays),
    "f.safetensors": lambda path, arrays: save_file(arrays, path),
    "f.parquet": write_parquet,
}


@pytest.fixture(params=WRITERS)
def path(request, tmp_path, arrays):
    """A file of them, of every kind."""
    WRITERS[request.param](tmp_path / request.param, arrays)
    return tmp_path / request.param


def test_looked_up_by_name(path, arrays):
    features = ResidueFeatures(path)
    assert features.channels == 4
    assert str(features) == f"ResidueFeatures({path}, channels=4, attr='x')"
    for data in STRUCTURES:
        out = features(data)
        assert "x" not in data
        np.testing.assert_array_equal(out.x.numpy(), arrays[data.name])
    batch = features(Batch.from_data_list(STRUCTURES))
    for ours, data in zip(batch.to_data_list(), STRUCTURES, strict=True):
        np.testing.assert_array_equal(ours.x.numpy(), arrays[data.name])
    (piped,) = IterableWrapper(STRUCTURES[:1]).residue_features(path)
    assert torch.equal(piped.x, batch[0].x)


def test_copies_and_worker_processes_open_the_file_again(path, arrays, monkeypatch):
    features = ResidueFeatures(path)
    # Processes that share a file share the place that it is read at.
    here = features._features()
    assert features._features() is here
    monkeypatch.setattr("os.getpid", lambda: -1)
    assert features._features() is not here
    monkeypatch.undo()
    expected = features(STRUCTURES[0]).x
    for other in (copy.deepcopy(features), pickle.loads(pickle.dumps(features))):
        assert torch.equal(other(STRUCTURES[0]).x, expected)
    loader = DataLoader(Mapped(features), batch_size=2, num_workers=2)
    found = [graph for batch in loader for graph in batch.to_data_list()]
    assert len(found) == 30
    for number, graph in enumerate(found):
        np.testing.assert_array_equal(graph.x.numpy(), arrays[STRUCTURES[number % 3].name])


class Mapped(torch.utils.data.Dataset):
    """The three structures ten times over, with their features."""

    def __init__(self, transform):
        self.transform = transform

    def __len__(self):
        return 30

    def __getitem__(self, number):
        return self.transform(STRUCTURES[number % 3])


def test_columns_are_appended_with_the_type_of_the_coordinates():
    data = random_structure(6, dtype=torch.float64)
    data.x = torch.ones(6, 2, dtype=torch.float64)
    out = ResidueFeatures({data.name: np.arange(6)})(data)
    assert out.x.dtype == torch.float64
    assert out.x.tolist() == [[1.0, 1.0, float(i)] for i in range(6)]
    halves = ResidueFeatures({data.name: np.full((6, 3), 0.5, np.float16)})(random_structure(6))
    assert halves.x.dtype == torch.float32 and (halves.x == 0.5).all()


def test_a_model_trains_on_them_with_noise_and_crops():
    pack = load_cath_scop_mini().subset(range(6))
    generator = np.random.default_rng(0)
    table = {
        name: generator.random((n, 3)) for name, n in zip(pack.names, pack.lengths, strict=True)
    }
    recipe = ResidueGraph(k=6)
    features = ResidueFeatures(table, attr="plm")
    noise = PerturbCoordinates(sigma=1.0, keep=("plm",))
    steps = [features, ContiguousCrop(30), noise, NodeAttribute("plm"), recipe]
    batch = next(iter(DataLoader(PackDataset(pack, transform=Compose(steps)), batch_size=6)))
    for graph in batch.to_data_list():
        rows = graph.position.numpy()
        expected = torch.from_numpy(table[graph.name][rows]).float()
        assert torch.equal(graph.x[:, :3], expected)
    sizes = dict.fromkeys(("channels", "pair_channels", "hidden_channels"), 16)
    channels = features.channels + recipe.node_channels
    encoder = GraphEncoder(channels, recipe.edge_channels, layers=2, **sizes)
    encoder(batch).pair.square().mean().backward()
    assert encoder.node_in.weight.grad[:, :3].abs().max() > 0


def test_chains_of_an_entry_follow_each_other(tmp_path):
    data = random_structure(5, chains=2)
    rows = [[[0.0], [1.0], [2.0]], [[9.0]], [[3.0], [4.0]]]
    names = [data.name, "other", data.name]
    pq.write_table(pa.table({"name": names, "residue": rows}), tmp_path / "f.parquet")
    assert ResidueFeatures(tmp_path / "f.parquet")(data).x.flatten().tolist() == [0, 1, 2, 3, 4]


def test_what_the_package_embeds_can_be_read(tmp_path):
    path = Path(__file__).parents[1] / "data/1aki.cif"
    weights = tmp_path / "weights"
    small = {"encoder": {"channels": 8, "pair_channels": 8, "hidden_channels": 8, "layers": 1}}
    DenoisingModel(**small).save_pretrained(weights)
    write_embeddings(tmp_path / "out.parquet", embed_files(weights, [path]))
    data = read_structure(path, chains=["A"]).to_data()
    out = ResidueFeatures(tmp_path / "out.parquet")(data)
    assert out.x.shape == (129, 16)


def test_entries_that_do_not_fit(path):
    features = ResidueFeatures(path)
    stranger = random_structure(12, seed=3)
    with pytest.raises(DatasetError, match=r"no features of random-12-3, only of 4 others such as"):
        features(stranger)
    stranger.name = STRUCTURES[1].name
    with pytest.raises(DatasetError, match=r"shape \[5, 4\], expected \[12, 4\]: a row for each"):
        features(stranger)
    with pytest.raises(DatasetError, match="come before crops"):
        features(ContiguousCrop(6)(STRUCTURES[0]))
    del stranger.name
    with pytest.raises(MissingAttributeError, match="`name`"):
        features(stranger)


def test_arrays_that_do_not_fit(tmp_path):
    names = [data.name for data in STRUCTURES]
    uneven = ResidueFeatures({names[0]: np.zeros((12, 4)), names[1]: np.zeros((5, 3))})
    with pytest.raises(DatasetError, match=r"shape \[5, 3\], expected \[5, 4\]"):
        uneven(STRUCTURES[1])
    for value in (np.array(["a"] * 12), np.zeros((12, 2, 2)), np.array(1.0)):
        with pytest.raises(DatasetError, match=f"{names[0]} is .* expected numbers"):
            ResidueFeatures({names[0]: value})
    with pytest.raises(DatasetError, match="no features of any entry"):
        ResidueFeatures({})
    np.savez(tmp_path / "objects.npz", a=np.array([{}], dtype=object))
    with pytest.raises(DatasetError, match=r"objects\.npz: a cannot be read"):
        ResidueFeatures(tmp_path / "objects.npz")


@pytest.mark.parametrize("name", WRITERS)
def test_files_that_cannot_be_read(tmp_path, name):
    with pytest.raises(DatasetError, match="no such file"):
        ResidueFeatures(tmp_path / name)
    (tmp_path / name).write_bytes(b"PK\x03\x04 not what it says")
    with pytest.raises(DatasetError, match=f"{name}: damaged, or no"):
        ResidueFeatures(tmp_path / name)


def test_files_of_another_form(tmp_path):
    with pytest.raises(DatasetError, match=r"must end in \.npz, \.safetensors or \.parquet"):
        ResidueFeatures(tmp_path / "f.csv")
    pq.write_table(pa.table({"name": ["a"], "vector": [[1.0]]}), tmp_path / "f.parquet")
    with pytest.raises(DatasetError, match="no columns `name` and `residue`, only name, vector"):
        ResidueFeatures(tmp_path / "f.parquet")


def test_hidden_types_are_not_told(arrays):
    features = ResidueFeatures(arrays)
    with pytest.raises(ValueError, match="would tell the residue types that MaskResidueTypes"):
        features(MaskResidueTypes(0.5)(STRUCTURES[2]))


def test_shipped_domains_go_by_their_names():
    data = CathScopMini("validation")[0]
    out = ResidueFeatures({data.name: np.zeros((data.num_nodes, 2))})(data)
    assert out.x.shape == (data.num_nodes, 2)
