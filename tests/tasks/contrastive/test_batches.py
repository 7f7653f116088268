"""Tests of batches that hold several members of each class."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
import torch

from proteingraph.tasks.contrastive.batches import ClassBatches, Stretches

LABELS = np.repeat(np.arange(12), [1, 2, 3, 5, 8, 2, 1, 2, 4, 6, 2, 3])
LENGTHS = 30 + np.arange(len(LABELS)) % 7 * 10


def make(**settings) -> ClassBatches:
    return ClassBatches(
        **{
            "labels": LABELS,
            "lengths": LENGTHS,
            "residues": 500,
            "members": 3,
            "seed": 0,
            **settings,
        }
    )


def epoch(batches: ClassBatches) -> list[list[tuple[int, int]]]:
    """Batches up to the first repetition of a class."""
    seen: set[int] = set()
    found = []
    for batch in batches:
        kinds = set(LABELS[[row for row, _ in batch]].tolist())
        if kinds & seen:
            return found
        seen |= kinds
        found.append(batch)
    raise AssertionError


def test_every_class_of_two_or_more_comes_once_an_epoch() -> None:
    rows = np.concatenate([[row for row, _ in batch] for batch in epoch(make())])
    assert len(np.unique(rows)) == len(rows)
    shown = np.bincount(LABELS[rows], minlength=12)
    sizes = np.bincount(LABELS)
    assert shown.tolist() == [0 if size == 1 else min(3, size) for size in sizes]


def test_a_batch_holds_whole_classes_within_its_residues() -> None:
    batches = epoch(make())
    assert len(batches) > 1
    for batch in batches:
        rows = np.array([row for row, _ in batch])
        assert LENGTHS[rows].sum() <= 500
        assert (np.bincount(LABELS[rows])[LABELS[rows]] >= 2).all()
    # A class that is larger than a batch is one all the same.
    assert all(len(set(LABELS[[r for r, _ in b]])) == 1 for b in islice(make(residues=1), 20))


def test_members_and_order_are_drawn_anew() -> None:
    rows = [{row for row, _ in batch} for batch in islice(make(), 60)]
    assert {row for batch in rows for row in batch} == set(
        np.flatnonzero(np.bincount(LABELS)[LABELS] > 1).tolist()
    )
    assert len({frozenset(batch) for batch in rows}) > 30
    seeds = [seed for batch in islice(make(), 60) for _, seed in batch]
    assert len(set(seeds)) == len(seeds)


def test_the_same_wherever_a_run_starts_from() -> None:
    whole = list(islice(make(), 40))
    assert list(islice(make(start=13), 27)) == whole[13:]
    assert list(islice(make(seed=1), 40)) != whole


def test_classes_of_a_group_come_together() -> None:
    groups = LABELS % 2
    for batches, runs in ((make(groups=groups), 2), (make(), 4)):
        order = [LABELS[row] % 2 for batch in epoch(batches) for row, _ in batch]
        changes = 1 + int(np.abs(np.diff(order)).sum())
        assert (changes == runs) if runs == 2 else (changes >= runs)


def test_what_cannot_be_drawn_from_is_refused() -> None:
    with pytest.raises(ValueError, match="no class has two members"):
        make(labels=np.arange(len(LABELS)))
    with pytest.raises(ValueError, match="at least 2 members"):
        make(members=1)
    with pytest.raises(ValueError, match="one label, length and group"):
        make(lengths=LENGTHS[1:])


def test_stretches_are_of_their_chains_and_of_all_allowed_lengths(domains) -> None:
    crops = Stretches(domains, crop=60, shortest=0.5)
    lengths = []
    for seed in range(40):
        stretch = crops[3, seed]
        assert stretch.y.tolist() == [3]
        first = int(stretch.position[0])
        whole = domains[3]
        assert torch.equal(whole.pos[first : first + stretch.num_nodes], stretch.pos)
        lengths.append(stretch.num_nodes / min(60, whole.num_nodes))
    assert min(lengths) < 0.6 and max(lengths) > 0.9
    assert 0.5 <= min(lengths) and max(lengths) <= 1
    assert Stretches(domains, crop=10**6, shortest=1.0)[3, 0].num_nodes == domains[3].num_nodes
