"""Packed chains as a torch_geometric data set."""

from __future__ import annotations

import copy
from collections.abc import Callable

from torch_geometric.data import Data, Dataset

from proteingraph.datasets.protocol import Corpus

__all__ = ["PackDataset"]


class PackDataset(Dataset):  # type: ignore[misc]
    """Entries of a `ChainPack` or `ChainStore` as graphs without edges, made anew at each access.

    Args:
        pack: chains or domains.
        transform: applied to a graph at each access. Default: none.
        pre_transform: applied to each graph once, here; the results are kept in memory.
            Default: none.
        pre_filter: keeps only the graphs for which it is true. Default: keeps all.

    Attributes:
        pack: the entries that `pre_filter` let pass.
    """

    def __init__(
        self,
        pack: Corpus,
        transform: Callable[[Data], Data] | None = None,
        pre_transform: Callable[[Data], Data] | None = None,
        pre_filter: Callable[[Data], bool] | None = None,
    ) -> None:
        """Filter the entries and transform them where asked for."""
        super().__init__(None, transform, pre_transform, pre_filter)
        if pre_filter is not None:
            pack = pack.subset([i for i, graph in enumerate(pack) if pre_filter(graph)])
        self.pack = pack
        self._transformed = None if pre_transform is None else [pre_transform(g) for g in pack]

    def len(self) -> int:
        """Return the number of entries."""
        return len(self.pack)

    def get(self, idx: int) -> Data:
        """Return entry `idx` before `transform`.

        Args:
            idx: number of the entry.

        Returns:
            Its graph, with the attributes listed at `ChainPack.__getitem__`.
        """
        if self._transformed is None:
            return self.pack[idx]
        return copy.copy(self._transformed[idx])
