"""A corpus in a foreign format, opened: how its entries are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from proteingraph.datasets.folder import Failure
from proteingraph.datasets.pack import ChainPack

__all__ = ["Importer"]


@dataclass(frozen=True)
class Importer:
    """Reads the entries of a corpus in any runs, in any order, in any process: it can be pickled.

    Attributes:
        name: name of the format, for people to read.
        path: file or folder that holds the corpus.
        count: number of entries in it, good and bad.
        read: `read(first, stop)` returns entries `first` to `stop` as a pack with backbones, in
            their order in the corpus, and the failures among them, which are left out of the pack;
            the pack is empty if there is no good one. The same run gives the same arrays each time.
            It raises `DatasetError` or `OSError` if the corpus is no longer what it was.
    """

    name: str
    path: Path
    count: int
    read: Callable[[int, int], tuple[ChainPack, list[Failure]]]

    def packs(self, size: int = 1000, first: int = 0) -> Iterator[tuple[ChainPack, list[Failure]]]:
        """Read entry after entry, in runs.

        Args:
            size: number of entries of a run, those that fail included. Default: 1000.
            first: number of the entry to begin with, from 0. Default: 0.

        Yields:
            The good entries of a run, and the failures in it.
        """
        for start in range(first, self.count, size):
            yield self.read(start, min(start + size, self.count))
