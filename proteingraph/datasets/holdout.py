"""Hold-outs of folds' superfamilies, superfamilies' families and families' domains, by rule."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from proteingraph.datasets.hierarchy import SCOP_LEVELS, code_at_level
from proteingraph.errors import DatasetError

__all__ = ["HOLDOUTS", "HOLDOUT_FRACTIONS", "split_holdouts"]

HOLDOUTS = ("fold", "superfamily", "family")
"""The test sets, from the hardest: what a test domain shares with training, and no more."""

HOLDOUT_FRACTIONS: Mapping[str, float] = {
    "fold": 0.044,
    "superfamily": 0.077,
    "family": 0.078,
    "validation": 0.045,
}
"""Largest share of all domains in each set: 718, 1,254, 1,272 and 736 of the 16,292 in DeepSF's."""

Codes = NDArray[np.str_]


def split_holdouts(
    names: Sequence[str],
    codes: Sequence[str],
    seed: int = 0,
    fractions: Mapping[str, float] = HOLDOUT_FRACTIONS,
) -> NDArray[np.str_]:
    """Deal domains out to training, validation and three test sets of fold classification.

    The label to predict is the fold, and the test sets tell how far a method generalises:

    - `fold`: whole superfamilies. None of their domains is in training or validation, but others
      of their fold are.
    - `superfamily`: whole families. None of their domains is in training or validation, but others
      of their superfamily are.
    - `family`: single domains, of families that are in training.
    - `validation`: single domains, of families that are in training.

    The sets are disjoint, and every family of `family` and `validation`, every superfamily of
    `superfamily` and every fold occur in `train`. What is held out is the same on every machine and
    in whatever order the domains come: superfamilies, families and domains are taken in the order
    of a hash of seed and code or name, each if the set has room for it and it is not the last that
    training has of its kind. A set is smaller than its share if there are too few to take. SCOPe's
    families of "automated matches", numbered 0, count as families like any other, though they
    gather domains of several.

    The rule is that of the data set of `DeepSF <https://doi.org/10.1093/bioinformatics/btx780>`_
    (Hou, Adhikari & Cheng, Bioinformatics 2018), which dealt out SCOP 1.75 once; its lists are not
    reproduced.

    Args:
        names: name of each domain, no two alike, [n].
        codes: SCOPe code (`sccs`) of each domain, such as `a.1.1.2`, [n].
        seed: other seeds give other sets. Default: 0.
        fractions: share of all domains that each set may have, by `fold`, `superfamily`, `family`
            and `validation`; sets left out are empty. Default: `HOLDOUT_FRACTIONS`.

    Returns:
        Set of each domain: `train`, `validation`, `fold`, `superfamily` or `family`, [n].

    Raises:
        DatasetError: if names repeat, a code is not one of four parts, or the shares are not
            positive numbers that leave something to train on.

    Examples:
        >>> codes = ["a.1.1.1", "a.1.1.1", "a.1.1.2", "a.1.2.1", "b.1.1.1"]
        >>> half = {"fold": 0.2, "superfamily": 0.2, "family": 0.2}
        >>> split_holdouts(list("ABCDE"), codes, fractions=half).tolist()
        ['family', 'train', 'superfamily', 'fold', 'train']
    """
    _check(names, codes, fractions)
    sets = np.full(len(names), "train", "<U11")
    if not len(names):
        return sets
    fold, superfamily, family = (
        np.array([code_at_level(code, level, SCOP_LEVELS) for code in codes])
        for level in SCOP_LEVELS[1:]
    )
    domain = np.array(names, np.str_)
    steps: list[tuple[str, Codes, Codes]] = [
        ("fold", superfamily, fold),
        ("superfamily", family, superfamily),
        ("family", domain, family),
        ("validation", domain, family),
    ]
    for name, unit, parent in steps:
        room = round(fractions.get(name, 0) * len(sets))
        left = sets == "train"
        taken = _take(unit[left], parent[left], room, seed)
        sets[left & np.isin(unit, taken)] = name
    return sets


def _take(unit: Codes, parent: Codes, room: int, seed: int) -> list[str]:
    """Choose units for at most `room` domains, never the last unit of a parent.

    Args:
        unit: what is taken whole, for each domain, [m].
        parent: what keeps at least one unit, for each domain, [m].
        room: number of domains to take at most.
        seed: seed of the order in which units are tried.

    Returns:
        The units taken.
    """
    size = Counter(unit.tolist())
    parent_of = dict(zip(unit.tolist(), parent.tolist(), strict=True))
    units_left = Counter(parent_of.values())
    taken = []
    for one in sorted(size, key=lambda one: (_draw(one, seed), one)):
        if room >= size[one] and units_left[parent_of[one]] > 1:
            taken.append(one)
            room -= size[one]
            units_left[parent_of[one]] -= 1
    return taken


def _draw(text: str, seed: int) -> bytes:
    return hashlib.blake2b(f"{seed}:{text}".encode(), digest_size=8).digest()


def _check(names: Sequence[str], codes: Sequence[str], fractions: Mapping[str, float]) -> None:
    if len(names) != len(codes):
        raise DatasetError(f"{len(names)} names for {len(codes)} codes: give one of each a domain")
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise DatasetError(f"domain {repeated[0]!r} occurs twice: give each domain once")
    known = (*HOLDOUTS, "validation")
    unknown = [name for name in fractions if name not in known]
    if unknown:
        raise DatasetError(f"no set {unknown[0]!r}: shares are those of {', '.join(known)}")
    shares = list(fractions.values())
    if not all(0 <= share < 1 for share in shares) or sum(shares) >= 1:
        raise DatasetError(
            f"fractions {dict(fractions)} must be positive and add up to less than 1"
        )
