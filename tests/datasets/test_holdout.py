"""Hold-outs by rule, on the codes of real domains."""

from __future__ import annotations

import numpy as np
import pytest

from proteingraph.datasets import load_cath_scop_mini
from proteingraph.datasets.hierarchy import SCOP_LEVELS, code_at_level
from proteingraph.datasets.holdout import HOLDOUT_FRACTIONS, HOLDOUTS, split_holdouts
from proteingraph.errors import DatasetError

SETS = ("train", "validation", *HOLDOUTS)
SHARES = [
    HOLDOUT_FRACTIONS,
    {"fold": 0.15, "superfamily": 0.15, "family": 0.15, "validation": 0.05},
    {"fold": 0.9},
    {"family": 0.9},
    {"superfamily": 0.3, "validation": 0.3},
    {},
]


@pytest.fixture(scope="module")
def domains():
    """Names and codes of the shipped domains."""
    pack = load_cath_scop_mini()
    return pack.labels["scop_sid"].tolist(), pack.labels["sccs"].tolist()


@pytest.fixture(scope="module", params=range(len(SHARES)))
def dealt(request, domains):
    """Shares asked for, and the set of each domain, for one seed a case."""
    return SHARES[request.param], split_holdouts(*domains, request.param, SHARES[request.param])


def codes_of(domains, sets, name, level):
    """Codes down to a level of the domains in a set."""
    codes = np.array(domains[1])[sets == name]
    return {code_at_level(code, level, SCOP_LEVELS) for code in codes}


def test_every_domain_is_in_one_set(dealt, domains):
    _, sets = dealt
    assert sets.shape == (len(domains[0]),)
    assert set(sets) <= set(SETS)


def test_fold_set_has_unknown_superfamilies_of_known_folds(dealt, domains):
    _, sets = dealt
    held_out = codes_of(domains, sets, "fold", "superfamily")
    for name in ("train", "validation", "superfamily", "family"):
        assert not held_out & codes_of(domains, sets, name, "superfamily")
    assert codes_of(domains, sets, "fold", "fold") <= codes_of(domains, sets, "train", "fold")


def test_superfamily_set_has_unknown_families_of_known_superfamilies(dealt, domains):
    _, sets = dealt
    held_out = codes_of(domains, sets, "superfamily", "family")
    for name in ("train", "validation", "fold", "family"):
        assert not held_out & codes_of(domains, sets, name, "family")
    known = codes_of(domains, sets, "train", "superfamily")
    assert codes_of(domains, sets, "superfamily", "superfamily") <= known


@pytest.mark.parametrize("name", ["family", "validation"])
def test_single_domains_are_of_known_families(dealt, domains, name):
    _, sets = dealt
    known = codes_of(domains, sets, "train", "family")
    assert codes_of(domains, sets, name, "family") <= known


def test_every_label_is_trained_on(dealt, domains):
    _, sets = dealt
    assert {code_at_level(c, "fold", SCOP_LEVELS) for c in domains[1]} == codes_of(
        domains, sets, "train", "fold"
    )


def test_sets_keep_to_their_shares(dealt):
    shares, sets = dealt
    for name in SETS[1:]:
        asked = shares.get(name, 0) * len(sets)
        assert (sets == name).sum() <= round(asked)
        if asked <= 0.15 * len(sets):  # more cannot be had of every kind
            assert (sets == name).sum() >= 0.95 * asked


def test_a_share_that_cannot_be_had_takes_what_there_is(domains):
    sets = split_holdouts(*domains, fractions={"fold": 0.9})
    folds = {code_at_level(code, "fold", SCOP_LEVELS) for code in domains[1]}
    assert len(codes_of(domains, sets, "train", "superfamily")) == len(folds)
    sets = split_holdouts(*domains, fractions={"family": 0.9})
    assert (sets == "train").sum() == len(set(domains[1]))


def test_sets_are_the_same_in_any_order(domains):
    names, codes = map(np.array, domains)
    order = np.random.default_rng(0).permutation(len(names))
    sets = split_holdouts(*domains)
    shuffled = split_holdouts(names[order].tolist(), codes[order].tolist())
    assert (shuffled == sets[order]).all()
    assert (split_holdouts(*domains) == sets).all()


def test_another_seed_gives_other_sets(domains):
    first, second = (split_holdouts(*domains, seed) for seed in (0, 1))
    assert (first != second).mean() > 0.2


def test_no_domains():
    assert split_holdouts([], []).tolist() == []


@pytest.mark.parametrize(
    ("names", "codes", "fractions", "problem"),
    [
        (["a", "b"], ["a.1.1.1"], {}, "2 names for 1 codes"),
        (["a", "a"], ["a.1.1.1"] * 2, {}, "'a' occurs twice"),
        (["a"], ["a.1.1"], {}, "code 'a.1.1' does not go down to the family"),
        (["a"], ["a.1.1.1"], {"test": 0.1}, "no set 'test': shares are those of fold"),
        (["a"], ["a.1.1.1"], {"fold": -0.1}, "must be positive"),
        (["a"], ["a.1.1.1"], {"fold": 0.5, "family": 0.5}, "add up to less than 1"),
        (["a"], ["a.1.1.1"], {"fold": float("nan")}, "must be positive"),
    ],
)
def test_bad_input_is_told(names, codes, fractions, problem):
    with pytest.raises(DatasetError, match=problem):
        split_holdouts(names, codes, fractions=fractions)
