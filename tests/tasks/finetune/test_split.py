"""Tests of the division of labelled chains."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from proteingraph.datasets import ChainPack
from proteingraph.errors import ConfigError
from proteingraph.tasks.examples import Examples
from proteingraph.tasks.finetune.matching import LabelledEntries
from proteingraph.tasks.finetune.split import divide, random_division


@pytest.mark.parametrize("seed", range(5))
def test_no_group_is_on_two_sides(seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups = [f"g{number}" for number in rng.integers(0, 60, 400)]
    splits = random_division(groups, 0.2, 0.1, seed)
    assert len(set(zip(groups, splits, strict=True))) == len(set(groups))
    counts = Counter(splits)
    assert counts["validation"] == pytest.approx(80, abs=6)
    assert counts["test"] == pytest.approx(40, abs=6)
    assert splits == random_division(groups, 0.2, 0.1, seed)
    assert splits != random_division(groups, 0.2, 0.1, seed + 1)


def test_every_set_has_a_group_however_large() -> None:
    groups = ["a"] * 50 + ["b"] * 40 + ["c"] * 30
    assert set(random_division(groups, 0.05, 0.05, 0)) == {"train", "validation", "test"}
    assert set(random_division(groups, 0.05, 0.0, 0)) == {"train", "validation"}
    with pytest.raises(ConfigError, match="2 groups of files cannot be divided into 3"):
        random_division(groups[:90], 0.1, 0.1, 0)


def entries(domains: ChainPack, splits: list[str], groups: list[str]) -> LabelledEntries:
    chains = domains.subset(range(len(splits)))
    return LabelledEntries(Examples(chains, []), [], [], groups, splits)


@pytest.mark.parametrize(
    ("splits", "groups", "message"),
    [
        (["train", "validation", "dev"], "abc", r"the table has \['dev'\]"),
        (["train", "validation", "train"], "abb", "group b is both in validation and in train"),
        (["train", "test", "test"], "abc", "no chain is in validation"),
    ],
)
def test_what_the_table_may_not_say(domains, splits, groups, message) -> None:
    with pytest.raises(ConfigError, match=message):
        divide(entries(domains, splits, list(groups)), True, 0.1, 0.1, 0)


def test_the_table_has_the_say(domains) -> None:
    splits = ["test", "validation", "train"]
    assert divide(entries(domains, splits, list("abc")), True, 0.1, 0.1, 0) == splits
