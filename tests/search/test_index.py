"""Opening and searching an index."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import torch

from proteingraph.datasets.store import StoreWriter
from proteingraph.errors import ConfigError, DatasetError, StructureError, WeightsError
from proteingraph.geometry import kabsch
from proteingraph.io import Structure, read_structure
from proteingraph.io.alphabet import decode_sequence
from proteingraph.pretrain import DenoisingModel
from proteingraph.search import Index
from proteingraph.search.layout import META, VECTORS


@pytest.fixture
def copy(index, tmp_path):
    """A copy of the index, to be damaged."""
    shutil.copytree(index.path, tmp_path / "copy")
    return tmp_path / "copy"


def as_structure(graph):
    """A domain as a structure, with its residues and atoms."""
    return Structure.from_arrays(
        graph.backbone.numpy(), decode_sequence(graph.residue_type.numpy()), name=graph.name
    )


def test_each_domain_finds_itself(index, domains):
    results = index.search([as_structure(graph) for graph in domains], 3)
    assert [result.hits[0].name for result in results] == domains.names.tolist()
    for result, graph in zip(results, domains, strict=True):
        assert result.reason is None
        assert [hit.rank for hit in result.hits] == [1, 2, 3]
        assert result.length == result.hits[0].length == graph.num_nodes
        assert result.hits[0].similarity == pytest.approx(1, abs=1e-3)
        assert result.hits[0].labels["sccs"] == graph.sccs
        similar = [hit.similarity for hit in result.hits]
        assert similar == sorted(similar, reverse=True)


def test_files_good_and_bad(index, test_files, tmp_path):
    (tmp_path / "bad.pdb").write_text("no structure\n")
    results = index.search([tmp_path / "bad.pdb", str(test_files / "1aki.bcif"), "absent.cif"], 2)
    assert [result.reason is None for result in results] == [False, True, False]
    assert "bad.pdb" in results[0].reason
    assert results[0].hits == () and len(results[1].hits) == 2
    (alone,) = index.search(test_files / "1aki.bcif", 2)
    assert [hit.name for hit in alone.hits] == [hit.name for hit in results[1].hits]
    (structure,) = index.search(read_structure(test_files / "1aki.bcif"), 2)
    assert structure.hits == alone.hits


def test_a_query_without_an_embedding(index, test_files, tmp_path):
    structure = read_structure(test_files / "1aki.pdb")
    single, whole = index.search([structure.select([0]), structure], 1)
    assert "zero or not finite" in single.reason
    assert whole.reason is None and len(whole.hits) == 1


def test_domain_of_a_query(index, test_files):
    (result,) = index.search(test_files / "1aki.cif", 1, ranges="A:10-60")
    assert (result.name, result.length) == ("1aki_A:10-60", 51)


def test_more_than_there_are_and_least_similarity(index, test_files):
    (everything,) = index.search(test_files / "1aki.cif", 1000)
    assert len(everything.hits) == len(index)
    least = everything.hits[4].similarity
    (some,) = index.search(test_files / "1aki.cif", 1000, minimum=least)
    assert some.hits == everything.hits[:5]
    (none,) = index.search(test_files / "1aki.cif", minimum=1.0)
    assert none.hits == () and none.reason is None


def test_a_moved_index_is_as_good(index, weights, test_files, tmp_path, packed):
    folder = tmp_path / "weights"
    shutil.copytree(weights, folder)
    built = Index.build([packed], tmp_path / "before", folder)
    expected = built.search(test_files / "1aki.cif", tm_align=0)
    shutil.rmtree(folder)
    (tmp_path / "before").rename(tmp_path / "after")
    assert Index.open(tmp_path / "after").search(test_files / "1aki.cif") == expected


def test_another_model_is_refused(index, weights, tmp_path, test_files):
    same = Index.open(index.path, weights)
    assert same.search(test_files / "1aki.cif") == index.search(test_files / "1aki.cif")
    other = DenoisingModel.from_pretrained(weights)
    with torch.no_grad():
        next(other.parameters()).add_(1e-3)
    other.save_pretrained(tmp_path / "other")
    for model in (other, tmp_path / "other"):
        with pytest.raises(WeightsError, match=r"cannot be compared with .* leave the model out"):
            Index.open(index.path, model)
    told = DenoisingModel.from_pretrained(weights)
    told.embedding_sigma = 5.0  # the same weights, but other embeddings
    with pytest.raises(WeightsError, match="cannot be compared"):
        Index.open(index.path, told)


def test_an_empty_index(weights, test_files, tmp_path):
    with StoreWriter(tmp_path / "store"):
        pass
    index = Index.build([tmp_path / "store"], tmp_path / "x", weights)
    assert len(index) == 0
    (result,) = index.search(test_files / "1aki.cif")
    assert result.hits == () and result.reason is None
    assert len(index.entries) == len(index.failures) == 0


def test_traces_are_those_of_the_domains(index, domains):
    for number in (0, 5, -1):
        pos = domains[number].pos.double()
        trace = torch.from_numpy(index.trace(number))
        rotation, shift = kabsch(trace, pos)
        assert (trace @ rotation.mT + shift - pos).norm(dim=1).max() < 2e-3
    with pytest.raises(IndexError):
        index.trace(len(index))


def test_vectors_of_whatever_origin(index):
    vectors = np.fromfile(index.path / VECTORS, "<f2").reshape(len(index), -1)
    entries, cosines = index.nearest(7 * vectors[[3, 1]].astype(float), 2)
    assert entries[:, 0].tolist() == [3, 1]
    np.testing.assert_allclose(cosines[:, 0], 1, atol=1e-3)
    with pytest.raises(ConfigError, match="holds vectors of"):
        index.nearest(vectors[:, :-1])
    with pytest.raises(ConfigError, match="zero or not finite"):
        index.nearest(np.zeros(vectors.shape[1]))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"k": 0}, "number of hits must be at least 1"),
        ({"minimum": 1.5}, "from -1 to 1"),
        ({"tm_align": -1}, "must not be negative"),
        ({"chains": ["A"], "ranges": "A:1-9"}, "chains or ranges"),
    ],
)
def test_wrong_options(index, options, told):
    with pytest.raises(ConfigError, match=told):
        index.search([], **options)


def test_malformed_ranges(index):
    with pytest.raises(StructureError, match="residue range"):
        index.search([], ranges="A:9-1")


@pytest.mark.parametrize(
    "name", ["vectors.bin", "traces.bin", "starts.bin", "entries.parquet", "model/config.json"]
)
def test_files_that_are_cut_short_or_absent(copy, name):
    content = (copy / name).read_bytes()
    (copy / name).write_bytes(content[:-2])
    with pytest.raises(DatasetError, match=f"{name}: damaged, has"):
        Index.open(copy)
    (copy / name).unlink()
    with pytest.raises(DatasetError, match=f"{name}: damaged, is absent"):
        Index.open(copy)


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record.pop("columns"),
        lambda record: record.update(entries=3),
        lambda record: record.update(files=[]),
        lambda record: record["files"].pop("failures.parquet"),
        lambda record: record.update(unheard="of"),
        lambda record: record.update(labels=5),
    ],
)
def test_damaged_record(copy, change):
    record = json.loads((copy / META).read_text())
    change(record)
    (copy / META).write_text(json.dumps(record))
    with pytest.raises(DatasetError, match=r"meta\.json: damaged"):
        Index.open(copy)


def test_no_index(copy, tmp_path):
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(DatasetError, match="no index"):
            Index.open(folder)
    for text, told in (
        ("{", "damaged"),
        ("[]", "damaged"),
        ('{"format": 1, "version": 2}', "expec"),
    ):
        (copy / META).write_text(text)
        with pytest.raises(DatasetError, match=told):
            Index.open(copy)


def test_damage_of_the_same_length_is_found(copy):
    assert Index.open(copy).find_damage() == []
    for name in ("traces.bin", "entries.parquet"):
        content = bytearray((copy / name).read_bytes())
        content[len(content) // 2] ^= 1
        (copy / name).write_bytes(content)
    assert Index.open(copy).find_damage() == ["traces.bin", "entries.parquet"]


def test_a_table_that_is_none(copy):
    size = (copy / "entries.parquet").stat().st_size
    (copy / "entries.parquet").write_bytes(b"x" * size)
    with pytest.raises(DatasetError, match=r"entries\.parquet: damaged"):
        Index.open(copy).entries  # noqa: B018
