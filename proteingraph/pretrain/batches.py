"""Batches of crops for training: the same at every step, wherever a run starts from."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset, Sampler
from torch_geometric.data import Batch, Data

from proteingraph.datasets.protocol import Corpus
from proteingraph.pretrain.model import visible_attributes
from proteingraph.transforms import ContiguousCrop

__all__ = [
    "IDLE",
    "CropDataset",
    "Part",
    "ResidueBatches",
    "endless",
    "training_loader",
    "validation_loader",
]

Draw = tuple[int, int]  # row of the corpus, seed of crop and noise

IDLE = -1
"""Seed of a chain that a process computes with others, and that does not count."""


class Part(NamedTuple):
    """Which of the parts of each batch a process gets.

    Attributes:
        number: Its number, from 0. (default: :obj:`0`)
        of: Number of parts. (default: :obj:`1`)
    """

    number: int = 0
    of: int = 1

    def select(self, batch: list[Draw], lengths: Sequence[int]) -> list[Draw]:
        """Draws of a batch that are in this part; each is in one part.

        From the longest chain on, each goes to the part that has the fewest residues yet. A part
        that would be empty gets the first chain with the seed :data:`IDLE`: processes take every
        step together, with or without something to do.

        Args:
            batch: Draws.
            lengths: Residues of each.

        Example:
            >>> batch, lengths = [(7, 0), (8, 1), (9, 2)], [10, 40, 30]
            >>> [Part(number, 2).select(batch, lengths) for number in range(2)]
            [[(8, 1)], [(7, 0), (9, 2)]]
            >>> Part(1, 2).select([(7, 0)], [10])
            [(7, -1)]
        """
        if self.of == 1:
            return batch
        mine, parts = [], [(0, number) for number in range(self.of)]
        for place in sorted(range(len(batch)), key=lambda place: -lengths[place]):
            residues, number = parts[0]
            heapq.heapreplace(parts, (residues + lengths[place], number))
            if number == self.number:
                mine.append(place)
        return [batch[place] for place in sorted(mine)] or [(batch[0][0], IDLE)]


class CropDataset(Dataset[Data]):
    """Contiguous crops of the chains of a corpus, CA atoms only unless `backbone` is set.

    Args:
        corpus: Chains.
        crop: Longest crop, in residues.
        backbone: Keep N, C and O atoms.
    """

    def __init__(self, corpus: Corpus, crop: int, backbone: bool = False) -> None:
        self.corpus = corpus
        self.crop = ContiguousCrop(crop)
        self.backbone = backbone

    def __len__(self) -> int:
        return len(self.corpus)

    def __getitem__(self, draw: Draw) -> Data:
        row, seed = draw
        chain = self.corpus[row]
        names = visible_attributes(self.backbone)
        data = Data(**{name: chain[name] for name in names}, seed=torch.tensor([seed]))
        return self.crop(data)


def endless(make_epoch: Callable[[int], list[list[Draw]]], start: int) -> Iterator[list[Draw]]:
    """Batches of epoch 0, 1, 2 and so on, without end, of which the first `start` are passed over.

    Args:
        make_epoch: Gives the batches of an epoch, the same each time.
        start: Number of batches to skip.
    """
    skip, epoch = start, 0
    while True:
        batches = make_epoch(epoch)
        yield from batches[skip:]
        skip = max(0, skip - len(batches))
        epoch += 1


class ResidueBatches(Sampler[list[Draw]]):
    """Endless batches of about equally many residues; every chain once an epoch.

    Epoch, order and seeds depend on `seed` and the number of the batch alone, so that a run that
    starts at batch ``start`` sees what an uninterrupted one would have seen.

    Args:
        lengths: Residues of each chain, after cropping.
        residues: Residues in a batch, about.
        seed: Seed.
        start: Number of batches to skip.
        part: Part of each batch to give, for one of several processes.
    """

    def __init__(
        self,
        lengths: Sequence[int],
        residues: int,
        seed: int,
        start: int = 0,
        part: Part = Part(),  # noqa: B008 (cannot be changed)
    ) -> None:
        if not len(lengths):
            raise ValueError("no chains to draw from")
        self.lengths = torch.as_tensor(lengths)
        self.residues = residues
        self.seed = seed
        self.start = start
        self.part = part

    def __iter__(self) -> Iterator[list[Draw]]:
        for batch in endless(self._epoch, self.start):
            lengths = self.lengths[[row for row, _ in batch]].tolist()
            yield self.part.select(batch, lengths)

    def _epoch(self, epoch: int) -> list[list[Draw]]:
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + epoch)
        order = torch.randperm(len(self.lengths), generator=generator)
        seeds = torch.randint(2**31, (len(order),), generator=generator)
        before = self.lengths[order].cumsum(0) - self.lengths[order]
        number = before // self.residues
        sizes = torch.unique_consecutive(number, return_counts=True)[1].tolist()
        draws = list(zip(order.tolist(), seeds.tolist(), strict=True))
        batches, first = [], 0
        for size in sizes:
            batches.append(draws[first : first + size])
            first += size
        return batches


def training_loader(
    dataset: CropDataset,
    residues: int,
    seed: int,
    start: int = 0,
    workers: int = 0,
    part: Part = Part(),  # noqa: B008
) -> DataLoader[Batch]:
    """Endless loader of training batches, or of a part of each, from batch number `start` on."""
    lengths = dataset.corpus.lengths.clip(max=dataset.crop.size)
    sampler = ResidueBatches(lengths.tolist(), residues, seed, start, part)
    return _loader(dataset, sampler, workers)


def validation_loader(
    dataset: CropDataset,
    residues: int,
    rows: NDArray[np.int64] | None = None,
    part: Part = Part(),  # noqa: B008
) -> DataLoader[Batch]:
    """Loader of every chain once, or of those in `rows`; the same crop and noise every time.

    With a `part`, the loader gives that part of each batch.
    """
    rows = np.arange(len(dataset.corpus)) if rows is None else rows
    lengths = dataset.corpus.lengths[rows].clip(max=dataset.crop.size)
    number = (lengths.cumsum() - lengths) // residues
    batches: list[list[Draw]] = [[] for _ in range(int(number[-1]) + 1 if len(number) else 0)]
    for row, batch in zip(rows.tolist(), number.tolist(), strict=True):
        batches[batch].append((row, row))
    known = dict(zip(rows.tolist(), lengths.tolist(), strict=True))
    parts = [part.select(batch, [known[row] for row, _ in batch]) for batch in batches if batch]
    return _loader(dataset, parts, 0)


def _loader(
    dataset: CropDataset, batches: Sampler[list[Draw]] | list[list[Draw]], workers: int
) -> DataLoader[Batch]:
    return DataLoader(
        dataset,
        batch_sampler=batches,
        collate_fn=Batch.from_data_list,
        num_workers=workers,
        persistent_workers=workers > 0,
    )
