"""Batches of labelled crops."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch_geometric.data import Data

from proteingraph.datasets.protocol import Corpus
from proteingraph.pretrain.batches import CropDataset, Draw

__all__ = ["LabelledCrops"]


class LabelledCrops(CropDataset):
    """Contiguous crops of the chains of a corpus, each with the label of its chain as ``y``.

    Args:
        corpus: Chains.
        labels: Number of the class of each chain, ``[n]``.
        crop: Longest crop, in residues. (default: whole chains)
        backbone: Keep N, C and O atoms.

    Raises:
        ValueError: If there is not one label a chain.
    """

    def __init__(
        self, corpus: Corpus, labels: ArrayLike, crop: int | None = None, backbone: bool = False
    ) -> None:
        longest = int(corpus.lengths.max(initial=1))
        super().__init__(corpus, longest if crop is None else crop, backbone)
        self.labels = torch.from_numpy(np.asarray(labels, dtype=np.int64))
        if self.labels.shape != (len(corpus),):
            raise ValueError(f"{tuple(self.labels.shape)} labels for {len(corpus)} chains")

    def __getitem__(self, draw: Draw) -> Data:
        data = super().__getitem__(draw)
        data.y = self.labels[draw[0]][None]
        return data
