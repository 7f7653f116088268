"""Levels of codes, numbers of classes, splits by a code."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from proteingraph.datasets import load_cath_scop_mini
from proteingraph.datasets.hierarchy import (
    CATH_LEVELS,
    SCOP_LEVELS,
    check_fractions,
    check_split,
    code_at_level,
    level_labels,
    number_classes,
    split_of_code,
)
from proteingraph.errors import DatasetError


@pytest.mark.parametrize(
    ("code", "levels", "cut"),
    [
        ("3.40.50.720", CATH_LEVELS, ["3", "3.40", "3.40.50", "3.40.50.720"]),
        ("c.2.1.5", SCOP_LEVELS, ["c", "c.2", "c.2.1", "c.2.1.5"]),
    ],
)
def test_codes_are_cut_at_each_level(code, levels, cut):
    assert [code_at_level(code, level, levels) for level in levels] == cut


def test_levels_below_are_dropped():
    assert code_at_level("3.40.50.720.12.1", "superfamily", CATH_LEVELS) == "3.40.50.720"


def test_unknown_levels_and_short_codes_are_refused():
    with pytest.raises(DatasetError, match="choose one of class, architecture, topology"):
        code_at_level("3.40.50.720", "fold", CATH_LEVELS)
    for code in ("c.2", "c.2.", ""):
        with pytest.raises(DatasetError, match=r"does not go down to the superfamily.*3 parts"):
            code_at_level(code, "superfamily", SCOP_LEVELS)


def test_classes_are_numbered_in_natural_order():
    y, classes = number_classes(["b.10", "a.2", "b.9", "a.10", "a.2"])
    assert classes == ["a.2", "a.10", "b.9", "b.10"]
    assert y.dtype == np.int64
    assert [classes[i] for i in y] == ["b.10", "a.2", "b.9", "a.10", "a.2"]
    assert number_classes([])[1] == []


def test_shares_of_codes_are_the_fractions():
    codes = [f"{a}.{b}" for a in range(100) for b in range(100)]
    count = Counter(split_of_code(code, (0.6, 0.3, 0.1), seed=3) for code in codes)
    for split, share in (("train", 0.6), ("validation", 0.3), ("test", 0.1)):
        assert abs(count[split] / len(codes) - share) < 0.02


def test_a_code_decides_alone():
    codes = sorted(set(load_cath_scop_mini().labels["cath_code"]))
    alone = {code: split_of_code(code) for code in codes}
    assert alone == {code: split_of_code(code) for code in reversed(codes)}
    assert alone != {code: split_of_code(code, seed=1) for code in codes}


def test_larger_shares_of_training_take_from_the_others_only():
    codes = [f"1.{i}" for i in range(2000)]
    small = {code for code in codes if split_of_code(code, (0.5, 0.25, 0.25)) == "train"}
    large = {code for code in codes if split_of_code(code, (0.7, 0.15, 0.15)) == "train"}
    assert small < large


@pytest.mark.parametrize("fractions", [(1.0,), (0.5, 0.5), (0.5, 0.6, -0.1), (0.5, 0.2, 0.2)])
def test_fractions_must_be_shares(fractions):
    with pytest.raises(DatasetError, match="add up to 1"):
        check_fractions(fractions)


def test_unknown_split_is_refused():
    assert check_split(None) is None
    with pytest.raises(DatasetError, match="choose one of train, validation, test"):
        check_split("valid")


def test_every_level_is_a_column():
    labels = level_labels(["3.40.50.720", "1.10.8.10"], CATH_LEVELS, "cath")
    assert list(labels) == ["cath_class", "cath_architecture", "cath_topology", "cath_superfamily"]
    assert labels["cath_topology"] == ["3.40.50", "1.10.8"]
    assert labels["cath_superfamily"] == ["3.40.50.720", "1.10.8.10"]
