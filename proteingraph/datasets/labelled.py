"""A corpus with further labels, which are held in memory."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch_geometric.data import Data

from proteingraph.datasets.protocol import Corpus

__all__ = ["LabelledCorpus"]


class LabelledCorpus:
    """A corpus whose entries have more labels than it was made with, such as their split.

    Args:
        corpus: chains, in memory or on disk.
        more: further columns of text, each [n]; they hide those of the corpus of the same name.
    """

    def __init__(self, corpus: Corpus, more: Mapping[str, NDArray[np.str_]]) -> None:
        self.corpus = corpus
        self.more = dict(more)

    def __len__(self) -> int:
        """Return the number of entries."""
        return len(self.corpus)

    def __getitem__(self, i: int) -> Data:
        """Return entry i as a fresh graph, see `ChainPack.__getitem__`, with all labels."""
        graph = self.corpus[i]
        for name, texts in self.more.items():
            graph[name] = str(texts[i])
        return graph

    def __iter__(self) -> Iterator[Data]:
        """Yield the entries in turn."""
        return (self[i] for i in range(len(self)))

    @property
    def names(self) -> NDArray[np.str_]:
        """Name of each entry, [n]."""
        return self.corpus.names

    @property
    def labels(self) -> Mapping[str, NDArray[np.str_]]:
        """Free columns of text, each [n]."""
        return ChainMap(self.more, self.corpus.labels)  # type: ignore[arg-type]  # only read

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Number of residues of each entry, [n]."""
        return self.corpus.lengths

    @property
    def num_residues(self) -> int:
        """Number of residues of all entries."""
        return self.corpus.num_residues

    @property
    def has_backbone(self) -> bool:
        """Whether N, C and O are held beside CA."""
        return self.corpus.has_backbone

    def subset(self, indices: ArrayLike) -> LabelledCorpus:
        """Return the chosen entries, by number or mask, in the order asked for."""
        asked = np.asarray(indices)
        chosen = asked if asked.dtype == bool else asked.astype(np.int64)
        more = {name: texts[chosen] for name, texts in self.more.items()}
        return LabelledCorpus(self.corpus.subset(indices), more)
