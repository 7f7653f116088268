"""Hits brought into the order of their alignment with the query."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from proteingraph.errors import ConfigError
from proteingraph.search.align import aligner


def test_hits_are_aligned_as_by_tmtools(index, test_files):
    tmtools = pytest.importorskip("tmtools")
    from proteingraph.io import read_structure

    structure = read_structure(test_files / "1aki.cif")
    (plain,) = index.search(structure, 24)
    (aligned,) = index.search(structure, 24, tm_align=6)
    first, rest = aligned.hits[:6], aligned.hits[6:]
    assert {hit.name for hit in first} == {hit.name for hit in plain.hits[:6]}
    assert rest == plain.hits[6:]
    means = [(hit.tm_query + hit.tm_hit) / 2 for hit in first]
    assert means == sorted(means, reverse=True)
    assert [hit.rank for hit in aligned.hits] == list(range(1, 25))
    query = structure.pos.astype(np.float64)
    for hit in first:
        trace = index.trace(hit.entry)
        found = tmtools.tm_align(query, trace, structure.sequence, "G" * len(trace))
        assert hit.tm_query == pytest.approx(found.tm_norm_chain1, abs=1e-6)
        assert hit.tm_hit == pytest.approx(found.tm_norm_chain2, abs=1e-6)
        # The more residues to normalise by, the lower.
        assert (hit.tm_query < hit.tm_hit) == (len(query) > hit.length)


def test_more_are_aligned_than_shown(index, test_files):
    pytest.importorskip("tmtools")
    (few,) = index.search(test_files / "1aki.cif", 2, tm_align=24)
    (all_of_them,) = index.search(test_files / "1aki.cif", 24, tm_align=24)
    assert few.hits == all_of_them.hits[:2]


def test_a_domain_aligns_with_itself(index):
    pytest.importorskip("tmtools")
    align = aligner()
    trace = index.trace(3)
    assert align(trace, trace + 5) == pytest.approx((1, 1))
    assert align(trace[:2], trace) == (0, 0)


def test_without_tmtools(index, test_files, monkeypatch):
    monkeypatch.setitem(sys.modules, "tmtools", None)
    with pytest.raises(ConfigError, match="needs tmtools, which is not installed"):
        index.search(test_files / "1aki.cif", tm_align=1)
    assert index.search(test_files / "1aki.cif")[0].hits
