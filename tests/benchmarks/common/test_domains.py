"""Domains that the benchmarks share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.common import composition, load_domains, log_length, spread
from proteingraph.errors import DatasetError


def superfamilies(pack):
    return set(pack.labels["cath_code"].tolist())


def test_splits_share_no_superfamily_and_no_cluster():
    packs = load_domains()
    assert {split: len(pack) for split, pack in packs.items()} == {
        "train": 2269,
        "validation": 204,
        "test": 557,
    }
    for first, second in (("train", "test"), ("train", "validation"), ("validation", "test")):
        assert not superfamilies(packs[first]) & superfamilies(packs[second])
    clusters = np.concatenate([pack.labels["cluster40"] for pack in packs.values()])
    assert len(np.unique(clusters)) == len(clusters)


def test_full_corpus_has_the_shipped_domains(data_root: Path):
    shipped, packs = load_domains(), load_domains(data_root, "cath")
    test, same = packs["test"], shipped["test"]
    assert test.names.tolist() == same.names.tolist()
    assert np.array_equal(test.residue_type, same.residue_type)
    # Chains lie elsewhere, and each step is rounded to 0.01 Å.
    steps = [np.linalg.norm(np.diff(p[7].pos.numpy(), axis=0), axis=1) for p in (test, same)]
    assert np.allclose(*steps, atol=0.03)
    assert set(shipped["train"].names.tolist()) <= set(packs["train"].names.tolist())
    assert len(packs["train"]) > len(shipped["train"])
    assert not superfamilies(packs["train"]) & superfamilies(test)


def test_corpus_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(DatasetError, match=r"benchmark_domains\.tsv"):
        load_domains(tmp_path)
    (tmp_path / "benchmark_domains.tsv").write_text("cath_id\tsplit\n1abcA00\ttest\n")
    with pytest.raises(DatasetError, match="no column cath_code"):
        load_domains(tmp_path)
    with pytest.raises(DatasetError, match="full corpus"):
        load_domains(training="cath")


def test_spread_takes_both_ends():
    pack = load_domains()["validation"]
    few = spread(pack, 5)
    assert len(few) == 5
    assert few.names[[0, -1]].tolist() == pack.names[[0, -1]].tolist()
    assert spread(pack, None) is pack and spread(pack, 10_000) is pack


def test_baselines_by_hand():
    pack = spread(load_domains()["validation"], 6)
    shares = composition(pack)
    assert np.allclose(shares.sum(axis=1), 1)
    types = pack[3].residue_type.numpy()
    assert np.allclose(shares[3], [(types == kind).mean() for kind in range(21)])
    assert np.allclose(np.exp(log_length(pack)[:, 0]), pack.lengths)
