"""Ways to find the nearest of many vectors, against comparing all."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.speed.engines import ENGINES, open_and_search

K = 10


@pytest.fixture(scope="module")
def vectors():
    """Unit vectors around some directions, as those of families are."""
    random = np.random.default_rng(0)
    centers = random.normal(size=(60, 64))
    values = centers[random.integers(60, size=2000)] + 0.5 * random.normal(size=(2000, 64))
    return (values / np.linalg.norm(values, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("name", ENGINES)
def test_the_nearest_are_found(name, vectors, tmp_path):
    pytest.importorskip("usearch")
    pytest.importorskip("faiss")
    queries, engine = vectors[:20], tmp_path / "engine"
    engine.mkdir()
    np.save(tmp_path / "queries.npy", queries)
    ENGINES[name].build(vectors, engine)
    told = open_and_search(name, engine, K)
    expected = np.argsort(-(queries @ vectors.T), axis=1)[:, :K]
    shared = [len(set(a) & set(b)) for a, b in zip(told["found"], expected.tolist(), strict=True)]
    assert np.mean(shared) >= (9.9 if ENGINES[name].exact else 8.5)
    assert [found[0] for found in told["found"]] == list(range(20))
    assert told["seconds_to_first_answer"] > 0 and told["median_ms"] > 0
