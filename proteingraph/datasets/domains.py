"""Domains with a class number, the base of the classified data sets."""

from __future__ import annotations

from collections.abc import Callable

import torch
from numpy.typing import ArrayLike
from torch_geometric.data import Data

from proteingraph.datasets.hierarchy import number_classes
from proteingraph.datasets.pack_dataset import PackDataset
from proteingraph.datasets.protocol import Corpus
from proteingraph.errors import DatasetError

__all__ = ["DomainDataset"]


class DomainDataset(PackDataset):
    """Some of the domains of a corpus; one of their labels can be had as a number.

    Classes are numbered over the whole corpus, in the natural order of their codes, so that `y`
    means the same in every split. `y` is set after `pre_transform`, ahead of `transform`.

    Args:
        pack: domains of all splits, in memory or on disk.
        chosen: numbers of the domains to keep, or a mask over all.
        target: label whose number a graph gets as `y`, int64 [1]: such as `cath_topology` or
            `scop_fold`. Default: none.
        transform: applied to a graph at each access. Default: none.
        pre_transform: applied to each graph once. Default: none.
        pre_filter: keeps only the graphs for which it is true. Default: keeps all.

    Attributes:
        target: label that `y` numbers, or `None`.
        classes: value of the label for each number; empty without a target.

    Raises:
        DatasetError: if there is no such label.
    """

    def __init__(
        self,
        pack: Corpus,
        chosen: ArrayLike,
        target: str | None = None,
        transform: Callable[[Data], Data] | None = None,
        pre_transform: Callable[[Data], Data] | None = None,
        pre_filter: Callable[[Data], bool] | None = None,
    ) -> None:
        """Number the classes and keep the chosen domains."""
        if target is not None and target not in pack.labels:
            raise DatasetError(f"no label {target!r}: choose one of {', '.join(pack.labels)}")
        self.target = target
        self.classes = [] if target is None else number_classes(pack.labels[target].tolist())[1]
        super().__init__(pack.subset(chosen), transform, pre_transform, pre_filter)
        number = {code: i for i, code in enumerate(self.classes)}
        codes = [] if target is None else self.pack.labels[target].tolist()
        self._y = torch.tensor([number[code] for code in codes], dtype=torch.int64)

    @property
    def num_classes(self) -> int:
        """Number of classes in all splits."""
        return len(self.classes)

    def get(self, idx: int) -> Data:
        """Return domain `idx` before `transform`.

        Args:
            idx: number of the domain.

        Returns:
            Its graph, with the attributes listed at `ChainPack.__getitem__`, and `y` if there is
            a target.
        """
        graph = super().get(idx)
        if self.target is not None:
            graph.y = self._y[idx : idx + 1].clone()
        return graph
