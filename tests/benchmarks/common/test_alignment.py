"""Alignments of sequences, and relatives found by them."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.common.alignment import align_sequences, closest
from proteingraph.io import read_structure


@pytest.fixture(scope="module")
def sequence(test_files) -> str:
    return read_structure(test_files / "1aki.pdb").sequence


def test_equal_residues_stand_over_each_other(sequence):
    first, second = align_sequences("XX" + sequence, sequence[10:60] + sequence[64:])
    rows = np.r_[10:60, 64 : len(sequence)]
    assert (first == rows + 2).mean() > 0.95
    assert second.tolist() == list(range(len(rows)))


def test_relatives_are_told_from_chance(sequence, test_files):
    letters = np.array(list(sequence))
    other = read_structure(test_files / "3o5r.pdb.gz").sequence
    generator = np.random.default_rng(0)
    changed = np.where(
        generator.random(len(letters)) < 0.5, generator.permutation(letters), letters
    )
    known = {"relative": "".join(changed), "other": other}
    name, e_value = closest(sequence, known)
    assert name == "relative" and e_value < 1e-10
    for seed in range(3):
        shuffled = "".join(np.random.default_rng(seed).permutation(letters))
        assert closest(shuffled, {"other": other})[1] > 1e-2
