"""Columns hold a value a residue, and say where their colours end."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from proteingraph.errors import ConfigError
from proteingraph.io import read_structure
from proteingraph.viz.report import ResidueColumn
from proteingraph.viz.report.columns import b_factor_column, chain_column


@pytest.fixture(scope="module")
def structure(test_files):
    return read_structure(test_files / "5zng.cif.gz")


def test_values_that_are_not_finite_are_none():
    values = ResidueColumn("a", [1, np.inf, np.nan, -np.inf]).checked(4)
    assert values.dtype == np.float32
    np.testing.assert_array_equal(np.isnan(values), [False, True, True, True])


@pytest.mark.parametrize(
    ("values", "told"),
    [([1, 2], "one value for each of 3"), ([[1], [2], [3]], "shape"), (["a", "b", "c"], "numbers")],
)
def test_values_that_do_not_fit(values, told):
    with pytest.raises(ConfigError, match=told) as error:
        ResidueColumn("quality", values).checked(3)
    assert "'quality'" in str(error.value)


def test_numbers_of_classes_must_be_there():
    assert ResidueColumn("a", [0, 1, np.nan], classes=["x", "y"]).checked(3)[1] == 1
    with pytest.raises(ConfigError, match="0 to 1"):
        ResidueColumn("a", [0, 2, 1], classes=["x", "y"]).checked(3)


def test_where_colours_end():
    values = np.arange(101, dtype=np.float32)
    assert ResidueColumn("a", values).span(values) == (2, 98)
    assert ResidueColumn("a", values, limits=(0, 1)).span(values) == (0, 1)
    shifted = values - 10
    assert ResidueColumn("a", shifted, diverging=True).span(shifted) == (-88, 88)
    same = np.full(4, 3, dtype=np.float32)
    low, high = ResidueColumn("a", same).span(same)
    assert low < 3 < high
    nothing = np.full(4, np.nan, dtype=np.float32)
    assert ResidueColumn("a", nothing).span(nothing) == (0, 1)


def test_b_factors(structure):
    column = b_factor_column(structure)
    np.testing.assert_array_equal(column.checked(len(structure)), structure.b_factor)
    assert column.unit == "Å²"
    confidence = b_factor_column(structure, plddt=True)
    assert (confidence.name, confidence.unit, confidence.limits) == ("pLDDT", "", (0, 100))
    assert b_factor_column(replace(structure, b_factor=np.zeros(len(structure)))) is None


def test_chains(structure):
    column = chain_column(structure)
    names = np.array(column.classes)[column.checked(len(structure)).astype(int)]
    assert names.tolist() == structure.chain.tolist()
    assert chain_column(structure.split_chains()[0]) is None
