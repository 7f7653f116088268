"""The shipped domains."""

from __future__ import annotations

import csv
from importlib.resources import files

import numpy as np
import pytest
import torch
from torch_geometric.loader import DataLoader

from proteingraph.datasets import CathScopMini, load_cath_scop_mini
from proteingraph.datasets.hierarchy import CATH_LEVELS, SCOP_LEVELS
from proteingraph.errors import DatasetError

SPLITS = ("train", "validation", "test")


@pytest.fixture(scope="module")
def domains():
    return load_cath_scop_mini()


def cut(code: str, parts: int) -> str:
    return ".".join(code.split(".")[:parts])


def test_size(domains):
    assert len(domains) == 3030
    assert len(set(domains.names)) == 3030
    shipped = files("proteingraph.datasets").joinpath("cath_scop_mini.npz")
    assert len(shipped.read_bytes()) <= 6_000_000


def test_every_domain_has_well_formed_labels(domains):
    levels = {f"cath_{level}" for level in CATH_LEVELS} | {f"scop_{level}" for level in SCOP_LEVELS}
    shipped = {"cath_code", "sccs", "scop_sid", "chain_name", "split"}
    assert set(domains.labels) == shipped | levels
    for code, sccs in zip(domains.labels["cath_code"], domains.labels["sccs"], strict=True):
        assert all(part.isdigit() for part in code.split("."))
        assert code.count(".") == 3
        assert sccs.count(".") == 3
        assert sccs[0] in "abcdefghijkl"
    for name, sid, chain in zip(
        domains.names, domains.labels["scop_sid"], domains.labels["chain_name"], strict=True
    ):
        assert name[:4] == sid[1:5] == chain[:4]


@pytest.mark.parametrize(
    ("label", "parts"), [("cath_code", 4), ("sccs", 3), ("sccs", 2)], ids=["cath", "scope", "fold"]
)
def test_splits_share_no_superfamily_or_scope_fold(domains, label, parts):
    split = domains.labels["split"]
    codes = {s: {cut(code, parts) for code in domains.labels[label][split == s]} for s in SPLITS}
    assert all(len(codes[s]) > 20 for s in SPLITS)
    assert not codes["train"] & codes["validation"]
    assert not codes["train"] & codes["test"]
    assert not codes["validation"] & codes["test"]


@pytest.mark.parametrize(("split", "count"), [("train", 2269), ("validation", 204), ("test", 557)])
def test_splits(split, count):
    dataset = CathScopMini(split=split)
    assert len(dataset) == count
    assert repr(dataset) == f"CathScopMini({count})"
    assert {graph.split for graph in dataset[:5]} == {split}


def test_geometry_is_that_of_proteins(domains):
    backbone = domains.coordinates
    lengths = np.linalg.norm(backbone[:, [0, 2, 3]] - backbone[:, [1, 1, 2]], axis=2)
    assert np.abs(np.median(lengths, axis=0) - [1.46, 1.525, 1.23]).max() < 0.01
    next_in_segment = np.diff(domains.filled("segment")) == 0
    next_in_segment[domains.starts[1:-1] - 1] = False
    bond = np.linalg.norm(backbone[1:, 0] - backbone[:-1, 2], axis=1)[next_in_segment]
    assert abs(np.median(bond) - 1.33) < 0.01
    assert np.quantile(bond, 0.999) < 1.5


def test_helices_are_right_handed(domains):
    ca = domains.coordinates[:, 1].astype(float)
    a, b, c = (np.diff(ca, axis=0)[i : len(ca) - 3 + i] for i in range(3))
    compact = np.linalg.norm(a + b + c, axis=1) < 5.5
    volume = (np.cross(a, b) * c).sum(axis=1)[compact]
    assert compact.sum() > 100_000
    assert (volume > 0).mean() > 0.9


def test_pieces_of_a_domain_are_segments(domains):
    several = [i for i in range(len(domains)) if domains[i].segment.max() > 0]
    assert len(several) == 82
    graph = domains[several[0]]
    assert graph.position.tolist() == list(range(graph.num_nodes))
    jump = graph.residue_number.diff() != 1
    assert torch.equal(jump, graph.segment.diff() != 0)


def test_transforms_and_filters():
    seen = []

    def count(graph):
        seen.append(graph.name)
        graph.length = graph.num_nodes
        return graph

    def double(graph):
        graph.length = 2 * graph.length
        return graph

    dataset = CathScopMini(
        split="validation",
        transform=double,
        pre_transform=count,
        pre_filter=lambda graph: graph.num_nodes < 60,
    )
    assert 0 < len(dataset) < 204
    assert len(seen) == len(dataset)
    for _ in range(2):
        assert all(graph.length == 2 * graph.num_nodes < 120 for graph in dataset)
    assert len(seen) == len(dataset)


def test_loader_makes_batches():
    dataset = CathScopMini(split="validation")[:6]
    first, second = DataLoader(dataset, batch_size=3)
    assert first.num_graphs == 3
    assert first.name + second.name == [graph.name for graph in dataset]
    assert first.num_nodes == sum(graph.num_nodes for graph in dataset[:3])


def test_both_label_sets_are_cut_at_each_level():
    graph = CathScopMini(split="validation")[0]
    assert graph.cath_superfamily == graph.cath_code
    assert graph.scop_family == graph.sccs
    assert graph.cath_topology == cut(graph.cath_code, 3)
    assert graph.scop_fold == cut(graph.sccs, 2)
    assert "y" not in graph


@pytest.mark.parametrize(
    ("labels", "level", "column"),
    [
        ("cath", "class", "cath_class"),
        ("cath", None, "cath_topology"),
        ("scop", None, "scop_fold"),
        ("scop", "superfamily", "scop_superfamily"),
    ],
)
def test_classes_are_numbered_alike_in_all_splits(domains, labels, level, column):
    for split in ("validation", "test"):
        dataset = CathScopMini(
            split, labels=labels, level=level, pre_filter=lambda graph: graph.num_nodes < 80
        )
        assert set(dataset.classes) == set(domains.labels[column])
        assert dataset.num_classes == len(dataset.classes)
        for graph in dataset:
            assert dataset.classes[graph.y] == graph[column]
    batch = next(iter(DataLoader(dataset[:4], batch_size=4)))
    assert batch.y.dtype == torch.int64
    assert [dataset.classes[i] for i in batch.y] == batch[column]


def test_unknown_split_is_refused():
    with pytest.raises(DatasetError, match="choose one of train, validation, test"):
        CathScopMini(split="dropped")


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"labels": "pfam"}, "no labels 'pfam': choose one of cath, scop"),
        ({"labels": "scop", "level": "topology"}, "no level 'topology': choose one of class, fold"),
        ({"level": "fold"}, "Give labels='cath' or 'scop'"),
    ],
)
def test_unknown_classes_are_refused(options, problem):
    with pytest.raises(DatasetError, match=problem):
        CathScopMini("validation", **options)


def test_split_is_that_of_the_table(domains, data_root):
    with (data_root / "benchmark_domains.tsv").open(newline="") as file:
        table = {row["cath_id"]: row for row in csv.DictReader(file, delimiter="\t")}
    kept = {name for name, row in table.items() if row["split"] != "dropped"}
    assert set(domains.names) == kept
    for i, name in enumerate(domains.names):
        for label in ("split", "cath_code", "sccs", "scop_sid"):
            assert domains.labels[label][i] == table[name][label]
