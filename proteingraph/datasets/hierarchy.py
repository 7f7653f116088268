"""Levels of the CATH and SCOPe codes: cutting codes, numbering classes, splitting by a code."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from proteingraph.errors import DatasetError

__all__ = [
    "CATH_LEVELS",
    "FRACTIONS",
    "SCOP_LEVELS",
    "SPLITS",
    "check_fractions",
    "check_level",
    "check_split",
    "code_at_level",
    "level_labels",
    "number_classes",
    "split_of_code",
]

CATH_LEVELS = ("class", "architecture", "topology", "superfamily")
"""Levels of a CATH code such as `1.10.8.10`, from the coarsest."""

SCOP_LEVELS = ("class", "fold", "superfamily", "family")
"""Levels of an SCOPe code (`sccs`) such as `a.1.2.3`, from the coarsest."""

SPLITS = ("train", "validation", "test")
"""Names of the splits, in the order in which fractions are given."""

FRACTIONS = (0.8, 0.1, 0.1)
"""Shares of the codes that go to each split unless told otherwise."""

_DIGEST_BYTES = 8


def code_at_level(code: str, level: str, levels: Sequence[str]) -> str:
    """Cut a code down to a level.

    Args:
        code: CATH code (`C.A.T.H`) or SCOPe code; deeper parts than there are levels are dropped.
        level: one of `levels`.
        levels: `CATH_LEVELS` or `SCOP_LEVELS`.

    Returns:
        The parts of the code from the first to that of the level.

    Raises:
        DatasetError: if there is no such level, or the code does not go down to it.

    Examples:
        >>> code_at_level("1.10.8.10", "topology", CATH_LEVELS)
        '1.10.8'
        >>> code_at_level("a.1.2.3", "superfamily", SCOP_LEVELS)
        'a.1.2'
    """
    depth = levels.index(check_level(level, levels)) + 1
    parts = code.split(".")
    if len(parts) < depth or not all(parts[:depth]):
        raise DatasetError(f"code {code!r} does not go down to the {level}: expected {depth} parts")
    return ".".join(parts[:depth])


def level_labels(codes: Iterable[str], levels: Sequence[str], prefix: str) -> dict[str, list[str]]:
    """Cut codes at every level, as the columns of text that graphs carry.

    Args:
        codes: CATH or SCOPe code of each domain, [n].
        levels: `CATH_LEVELS` or `SCOP_LEVELS`.
        prefix: `cath` or `scop`.

    Returns:
        Codes [n] by name of the column: `cath_class`, `cath_architecture`, ... or `scop_class`,
        `scop_fold`, ...

    Raises:
        DatasetError: if a code does not go down to the last level.

    Examples:
        >>> level_labels(["a.1.2.3"], SCOP_LEVELS, "scop")["scop_fold"]
        ['a.1']
    """
    listed = list(codes)
    return {
        f"{prefix}_{level}": [code_at_level(code, level, levels) for code in listed]
        for level in levels
    }


def number_classes(codes: Iterable[str]) -> tuple[NDArray[np.int64], list[str]]:
    """Number codes in their natural order, in which `1.9` comes before `1.10`.

    Number the codes of a whole release, not those of one split, so that a number means the same in
    every split.

    Args:
        codes: code of each domain, [n].

    Returns:
        Number of each domain's code, int64 [n], and the distinct codes in order.

    Examples:
        >>> y, classes = number_classes(["1.10", "2.1", "1.9", "1.10"])
        >>> y.tolist(), classes
        ([1, 2, 0, 1], ['1.9', '1.10', '2.1'])
    """
    listed = list(codes)
    classes = sorted(set(listed), key=_natural)
    number = {code: i for i, code in enumerate(classes)}
    return np.array([number[code] for code in listed], np.int64), classes


def split_of_code(code: str, fractions: Sequence[float] = FRACTIONS, seed: int = 0) -> str:
    """Tell the split of a code from the code alone.

    A hash of seed and code, read as a number from 0 to 1, falls into the share of one split. So all
    domains with a code are in one split, the same on every machine, and codes that a later release
    adds move no other. The shares are of the codes; those of the domains differ, as a few codes
    have a great many domains.

    Args:
        code: code cut down to the level at which splits are to be disjoint.
        fractions: shares of `train`, `validation` and `test`, which add up to 1. Default: 0.8, 0.1
            and 0.1.
        seed: other seeds give other splits. Default: 0.

    Returns:
        `train`, `validation` or `test`.

    Raises:
        DatasetError: if the fractions are not three shares of 1.

    Examples:
        >>> [split_of_code(code) for code in ("1.10.8", "3.40.50", "2.60.40")]
        ['train', 'train', 'validation']
        >>> split_of_code("3.40.50", fractions=(0, 0, 1))
        'test'
    """
    check_fractions(fractions)
    digest = hashlib.blake2b(f"{seed}:{code}".encode(), digest_size=_DIGEST_BYTES).digest()
    share = int.from_bytes(digest, "big") / 2 ** (8 * _DIGEST_BYTES)
    train, validation, _ = fractions
    return SPLITS[0] if share < train else SPLITS[1] if share < train + validation else SPLITS[2]


def check_level(level: str, levels: Sequence[str]) -> str:
    """Return the name of a level, raising DatasetError if it is none of `levels`."""
    if level not in levels:
        raise DatasetError(f"no level {level!r}: choose one of {', '.join(levels)}")
    return level


def check_split(split: str | None) -> str | None:
    """Return the name of a split, or `None` for all, raising DatasetError for another name."""
    if split is not None and split not in SPLITS:
        raise DatasetError(f"no split {split!r}: choose one of {', '.join(SPLITS)}")
    return split


def check_fractions(fractions: Sequence[float]) -> None:
    """Raise DatasetError unless there are three shares, none negative, that add up to 1."""
    if (
        len(fractions) != len(SPLITS)
        or not all(0 <= share <= 1 for share in fractions)
        or not math.isclose(sum(fractions), 1, abs_tol=1e-9)
    ):
        raise DatasetError(
            f"fractions {tuple(fractions)} are not shares of {', '.join(SPLITS)} that add up to 1"
        )


def _natural(code: str) -> list[tuple[int, str]]:
    """Sorting key of a code: numbers by size, letters by the alphabet."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in code.split(".")]
