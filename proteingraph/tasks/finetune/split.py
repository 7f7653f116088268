"""Division of labelled chains into those trained on, those watched and those only predicted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from proteingraph.errors import ConfigError
from proteingraph.tasks.finetune.matching import LabelledEntries

__all__ = ["SPLITS", "divide", "random_division"]

SPLITS = ("train", "validation", "test")


def random_division(groups: Sequence[str], validation: float, test: float, seed: int) -> list[str]:
    """Divide items at random so that no group is on two sides.

    Groups come in random order, and fill the test set, then the validation set, each until it has
    its share of the items or would be further from it with the next group than without.

    Args:
        groups: Group of each item.
        validation: Share of the items that goes to the validation set.
        test: Share that goes to the test set.
        seed: Seed of the order.

    Returns:
        ``"train"``, ``"validation"`` or ``"test"`` of each item.

    Raises:
        ConfigError: If there are too few groups for each set that is asked for to have one.

    Example:
        >>> random_division(["a", "a", "b", "c"], 0.25, 0.0, seed=0)
        ['train', 'train', 'train', 'validation']
    """
    names, group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    wanted = {"test": test * len(groups), "validation": validation * len(groups)}
    wanted = {split: share for split, share in wanted.items() if share > 0}
    if len(names) <= len(wanted):
        raise ConfigError(
            f"{len(names)} groups of files cannot be divided into {len(wanted) + 1} sets: give "
            "more files, or a column that says train, validation or test"
        )
    order = np.random.default_rng(seed).permutation(len(names)).tolist()
    splits = np.full(len(names), "train", dtype="<U10")
    for split, share in wanted.items():
        filled, left = 0.0, []
        for number in order:
            size = float(sizes[number])
            if abs(filled + size - share) <= abs(filled - share):
                splits[number] = split
                filled += size
            else:
                left.append(number)
        if not filled:  # every group is larger than twice the share: the smallest
            smallest = min(left, key=lambda number: (int(sizes[number]), number))
            splits[smallest] = split
            left.remove(smallest)
        order = left
    return [str(splits[number]) for number in group]


def divide(
    entries: LabelledEntries, by_column: bool, validation: float, test: float, seed: int
) -> list[str]:
    """Say of each chain which set it is of.

    Args:
        entries: Chains with labels.
        by_column: Whether the table says; otherwise they are divided at random.
        validation: As for `random_division`.
        test: Likewise.
        seed: Likewise.

    Raises:
        ConfigError: If the table says something else than ``train``, ``validation`` or ``test``, a
            group is on two sides, or there is nothing to train on or to validate with.
    """
    if not by_column:
        splits = random_division(entries.groups, validation, test, seed)
    else:
        splits = entries.splits
        odd = sorted({split for split in splits if split not in SPLITS})
        if odd:
            raise ConfigError(f"splits must be {', '.join(SPLITS)}, the table has {odd[:5]}")
        side: dict[str, str] = {}
        for group, split in zip(entries.groups, splits, strict=True):
            if side.setdefault(group, split) != split:
                raise ConfigError(
                    f"group {group} is both in {side[group]} and in {split}: what is learnt of one "
                    "chain would be known of the other; change the column of splits or of groups"
                )
    for needed in SPLITS[:2]:
        if needed not in splits:
            raise ConfigError(f"no chain is in {needed}")
    return splits
