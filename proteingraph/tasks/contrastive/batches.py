"""Batches that hold several members of each of their classes, as stretches of their chains."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor
from torch.utils.data import Sampler
from torch_geometric.data import Data

from proteingraph.datasets.protocol import Corpus
from proteingraph.pretrain.batches import Draw, endless
from proteingraph.tasks.batches import LabelledCrops
from proteingraph.transforms import ContiguousCrop

__all__ = ["ClassBatches", "Stretches"]


class ClassBatches(Sampler[list[Draw]]):
    """Endless batches of a few members each of several classes, drawn at random.

    Every class that has two members comes once an epoch, however many it has, and gives up to
    `members` of them, drawn anew each time. A batch is as many classes in that order as its
    residues have room for, at least one. Like `ResidueBatches`, what a batch holds depends on
    `seed` and its number alone.

    Args:
        labels: Number of the class of each chain, ``[n]``.
        lengths: Residues of each chain, after cropping, ``[n]``.
        residues: Largest number of residues in a batch.
        members: Largest number of members of a class in a batch.
        seed: Seed.
        groups: Number of the group of each chain, ``[n]``; all members of a class have the same.
            Classes of a group, such as folds of one architecture, come one after another, so that
            most of a batch is hard to tell apart. (default: all classes in random order)
        start: Number of batches to skip. (default: :obj:`0`)

    Raises:
        ValueError: If numbers do not fit together, or no class has two members.

    Example:
        >>> batches = ClassBatches([0, 1, 0, 1, 2], [9, 9, 9, 9, 9], 18, members=2, seed=0)
        >>> [sorted(row for row, _ in batch) for batch, _ in zip(batches, range(2))]
        [[0, 2], [1, 3]]
    """

    def __init__(
        self,
        labels: ArrayLike,
        lengths: ArrayLike,
        residues: int,
        members: int,
        seed: int,
        groups: ArrayLike | None = None,
        start: int = 0,
    ) -> None:
        kinds = np.asarray(labels, np.int64)
        self.lengths = np.asarray(lengths, np.int64)
        grouped = np.zeros_like(kinds) if groups is None else np.asarray(groups, np.int64)
        if not kinds.shape == self.lengths.shape == grouped.shape:
            raise ValueError("there must be one label, length and group a chain")
        if members < 2:
            raise ValueError(f"a class shows at least 2 members, got {members}")
        order = np.argsort(kinds, kind="stable")
        starts = np.unique(kinds[order], return_index=True)[1]
        self.classes = [rows for rows in np.split(order, starts[1:]) if len(rows) > 1]
        if not self.classes:
            raise ValueError("no class has two members, so nothing says what belongs together")
        self.groups = torch.from_numpy(np.array([grouped[rows[0]] for rows in self.classes]))
        self.residues = residues
        self.members = members
        self.seed = seed
        self.start = start

    def __iter__(self) -> Iterator[list[Draw]]:
        return endless(self._epoch, self.start)

    def _epoch(self, epoch: int) -> list[list[Draw]]:
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + epoch)
        batches: list[list[Draw]] = []
        room = -1
        for kind in self._order(generator):
            rows = self.classes[kind]
            chosen = rows[torch.randperm(len(rows), generator=generator)[: self.members].numpy()]
            seeds = torch.randint(2**31, (len(chosen),), generator=generator)
            size = int(self.lengths[chosen].sum())
            if size > room:
                batches.append([])
                room = self.residues
            room -= size
            batches[-1] += zip(chosen.tolist(), seeds.tolist(), strict=True)
        return batches

    def _order(self, generator: torch.Generator) -> list[int]:
        """Classes at random, those of a group together."""
        shuffled = torch.randperm(len(self.groups), generator=generator)
        keys = torch.rand(int(self.groups.max()) + 1, generator=generator)
        by_group: Tensor = keys[self.groups[shuffled]].argsort(stable=True)
        order: list[int] = shuffled[by_group].tolist()
        return order


class Stretches(LabelledCrops):
    """Random stretches of the chains of a corpus, each with the number of its chain as ``y``.

    Args:
        corpus: Chains.
        crop: Longest stretch, in residues.
        shortest: Smallest share of a chain, or of the longest stretch, that is kept.
        backbone: Keep N, C and O atoms.
    """

    def __init__(self, corpus: Corpus, crop: int, shortest: float, backbone: bool = False) -> None:
        super().__init__(corpus, np.arange(len(corpus)), crop, backbone)
        self.shortest = shortest

    def __getitem__(self, draw: Draw) -> Data:
        data = super().__getitem__(draw)
        generator = torch.Generator().manual_seed(draw[1])
        share = 1 - (1 - self.shortest) * float(torch.rand((), generator=generator))
        return ContiguousCrop(math.ceil(share * data.pos.size(0)))(data)
