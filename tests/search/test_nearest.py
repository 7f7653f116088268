"""Nearest neighbors among vectors, exact and by a graph."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from proteingraph.errors import DatasetError
from proteingraph.search import nearest
from proteingraph.search.layout import GRAPH, VECTORS, Record, describe_file
from proteingraph.search.nearest import Neighbors, build_graph, unit_vectors


def write(folder, vectors, graph=False):
    """Put unit vectors into a folder, as an index has them."""
    vectors.astype("<f2").tofile(folder / VECTORS)
    names = [VECTORS]
    if graph:
        build_graph(folder, *vectors.shape)
        names.append(GRAPH)
    numbers = {"entries": len(vectors), "columns": vectors.shape[1], "residues": 0, "failures": 0}
    about = {"metric": "cosine", "model": "", "fingerprint": "", "complexes": False}
    files = {name: describe_file(folder / name) for name in names}
    return Record(**numbers, **about, labels=(), sources=(), files=files)


def clusters(count, columns=24, seed=0):
    """Unit vectors around some directions, as those of families are."""
    random = np.random.default_rng(seed)
    centers = random.normal(size=(count // 20, columns))
    noise = 0.5 * random.normal(size=(count, columns))
    return unit_vectors(centers[random.integers(len(centers), size=count)] + noise)


def test_unit_vectors():
    unit = unit_vectors(
        np.array([[3.0, 4.0], [0.0, 0.0], [np.nan, 1.0], [1e30, 1e30], [np.inf, 0]])
    )
    np.testing.assert_allclose(unit[0], [0.6, 0.8], rtol=1e-6)
    np.testing.assert_allclose(unit[3], [0.5**0.5] * 2, rtol=1e-6)
    assert np.isnan(unit[[1, 2, 4]]).all()


@pytest.mark.parametrize("block", [7, 1000])
def test_exact_is_sorted_cosine_of_all(tmp_path, monkeypatch, block):
    monkeypatch.setattr(nearest, "_BLOCK", block)
    vectors, queries = clusters(300), clusters(60, seed=1)
    search = Neighbors(tmp_path, write(tmp_path, vectors))
    assert search.exact
    entries, cosines = search(queries, 9)
    full = queries.astype(np.float64) @ vectors.astype(np.float16).astype(np.float64).T
    order = np.argsort(-full, axis=1, kind="stable")[:, :9]
    np.testing.assert_array_equal(entries, order)
    np.testing.assert_allclose(cosines, np.take_along_axis(full, order, 1), atol=1e-5)


@pytest.mark.parametrize("k", [1, 3, 6])
def test_equal_ones_come_in_the_order_of_the_index(tmp_path, monkeypatch, k):
    monkeypatch.setattr(nearest, "_BLOCK", 16)
    vectors = np.tile(unit_vectors(np.array([[1.0, 0], [0, 1]])), (40, 1))
    entries, cosines = Neighbors(tmp_path, write(tmp_path, vectors))(vectors[1:2], k)
    assert entries.tolist() == [list(range(1, 2 * k, 2))]
    assert (cosines == 1).all()


def test_no_more_than_there_are(tmp_path):
    vectors = clusters(40)[:4]
    entries, _ = Neighbors(tmp_path, write(tmp_path, vectors))(vectors[:2], 10)
    assert entries.shape == (2, 4)
    assert entries[:, 0].tolist() == [0, 1]


def test_nothing_to_find_and_nothing_asked(tmp_path):
    search = Neighbors(tmp_path, write(tmp_path, clusters(40)[:0]))
    assert search(clusters(40), 3)[0].shape == (40, 0)
    search = Neighbors(tmp_path, write(tmp_path, clusters(40)))
    assert search(clusters(40)[:0], 3)[0].shape[0] == 0


def test_graph_finds_what_all_comparisons_find(tmp_path):
    pytest.importorskip("usearch")
    vectors, queries = clusters(3000), clusters(100, seed=1)
    exact = Neighbors(tmp_path, write(tmp_path, vectors))
    approximate = Neighbors(tmp_path, write(tmp_path, vectors, graph=True))
    assert not approximate.exact
    (expected, cosines), (found, similar) = exact(queries, 10), approximate(queries, 10)
    shared = [len(set(a) & set(b)) for a, b in zip(expected.tolist(), found.tolist(), strict=True)]
    assert np.mean(shared) >= 9.8
    same = found == expected
    np.testing.assert_allclose(similar[same], cosines[same], atol=1e-6)
    assert (np.diff(similar, axis=1) <= 0).all()


def test_graph_depends_on_the_vectors_alone(tmp_path):
    pytest.importorskip("usearch")
    graphs = []
    for name in "ab":
        (tmp_path / name).mkdir()
        write(tmp_path / name, clusters(500), graph=True)
        graphs.append((tmp_path / name / GRAPH).read_bytes())
    assert graphs[0] == graphs[1]


def test_graph_that_is_none(tmp_path):
    pytest.importorskip("usearch")
    record = write(tmp_path, clusters(500), graph=True)
    (tmp_path / GRAPH).write_bytes(b"something else " * 1000)
    with pytest.raises(DatasetError, match=r"graph\.usearch: cannot be read"):
        Neighbors(tmp_path, record)


def test_without_usearch_all_are_compared(tmp_path, monkeypatch):
    pytest.importorskip("usearch")
    vectors, queries = clusters(500), clusters(40, seed=1)
    record = write(tmp_path, vectors, graph=True)
    monkeypatch.setitem(sys.modules, "usearch.index", None)
    assert not build_graph(tmp_path, *vectors.shape)
    search = Neighbors(tmp_path, record)
    assert search.exact
    full = queries.astype(np.float64) @ vectors.astype(np.float16).astype(np.float64).T
    np.testing.assert_array_equal(search(queries, 1)[0][:, 0], full.argmax(axis=1))


def test_networks_load_after_a_graph_was_opened(tmp_path: Path):
    pytest.importorskip("usearch")
    write(tmp_path, clusters(50, 16))
    # In a new process, for it is the order of loading that matters: it once never ended.
    program = (
        "import sys; from pathlib import Path; from proteingraph.search import nearest; "
        "assert nearest.build_graph(Path(sys.argv[1]), 50, 16); import torch_geometric"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, timeout=120)
