"""CATH labels of domains."""

from __future__ import annotations

from benchmarks.cath.labels import cath_labels, new_topology
from benchmarks.common import load_domains


def test_labels_are_cut_from_the_code():
    pack = load_domains()["validation"]
    code = str(pack.labels["cath_code"][5])
    levels = ("class", "architecture", "topology", "superfamily")
    found = [str(cath_labels(pack, level)[5]) for level in levels]
    assert found == [".".join(code.split(".")[:depth]) for depth in (1, 2, 3, 4)]


def test_new_topologies_occur_nowhere_else():
    packs = load_domains()
    new = new_topology(packs["test"], packs["train"], packs["validation"])
    topologies = [set(cath_labels(pack, "topology").tolist()) for pack in packs.values()]
    for topology, is_new in zip(cath_labels(packs["test"], "topology"), new, strict=True):
        assert is_new == (topology not in topologies[0] | topologies[1])
    assert 0 < new.sum() < len(new)
