"""What every set of chains offers, whether it is held in memory or on disk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch_geometric.data import Data

__all__ = ["Corpus"]


class Corpus(Protocol):
    """A set of chains or domains: a `ChainPack` in memory, or a `ChainStore` on disk."""

    def __len__(self) -> int:
        """Return the number of entries."""
        ...

    def __getitem__(self, i: int, /) -> Data:
        """Return entry i as a fresh graph without edges; see `ChainPack.__getitem__`."""
        ...

    def __iter__(self) -> Iterator[Data]:
        """Yield the entries in turn."""
        ...

    @property
    def names(self) -> NDArray[np.str_]:
        """Name of each entry, [n]."""
        ...

    @property
    def labels(self) -> Mapping[str, NDArray[np.str_]]:
        """Free columns of text, each [n]; `""` where an entry has none."""
        ...

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Number of residues of each entry, [n]."""
        ...

    @property
    def num_residues(self) -> int:
        """Number of residues of all entries."""
        ...

    @property
    def has_backbone(self) -> bool:
        """Whether N, C and O are held beside CA."""
        ...

    def subset(self, indices: ArrayLike, /) -> Corpus:
        """Return the chosen entries, by number or mask, in the order asked for."""
        ...
