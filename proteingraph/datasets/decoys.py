"""Decoys made of the structures of a corpus, with their true quality."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch_geometric.data import Data, Dataset

from proteingraph.datasets.protocol import Corpus
from proteingraph.errors import DatasetError

if TYPE_CHECKING:
    from torch_geometric.transforms import BaseTransform

__all__ = ["SyntheticDecoys", "decoy_makers"]


def decoy_makers() -> dict[str, BaseTransform]:
    """Ways to make decoys, by name: of Gaussian noise, normal modes, shifts and turns."""
    from proteingraph.transforms.decoys import (
        GaussianDecoy,
        NormalModeDecoy,
        SegmentRotation,
        SegmentShift,
    )

    return {
        "gaussian": GaussianDecoy(),
        "normal_modes": NormalModeDecoy(),
        "segment_shift": SegmentShift(),
        "segment_rotation": SegmentRotation(),
    }


class SyntheticDecoys(Dataset):  # type: ignore[misc]
    """Decoys of every entry of a corpus, of every kind, made anew at each access from a seed.

    Decoy i is always the same for a corpus, its order included, `makers` and `seed`. Entries that
    are too short for a maker raise its error: leave those under 10 residues out.

    Beside the attributes of a structure, a graph has ``pos_native``, the labels of
    `proteingraph.transforms.decoys.QualityLabels`, and the texts ``target`` (the entry's name) and
    ``kind`` (the maker's); its ``name`` says both and the number of the copy.

    Args:
        corpus: natives.
        makers: transforms that make decoys, by name. Default: see `decoy_makers`.
        copies: decoys of each kind of each entry. Default: 1.
        seed: of all decoys, from 0. Default: 0.
        superposed: whether to add GDT_TS and TM-score, which take most of the time. Default: true.
        transform: applied to a decoy at each access. Default: none.

    Raises:
        DatasetError: if there is no maker, or `copies` or `seed` is out of bounds.

    Examples:
        >>> from proteingraph.datasets import load_cath_scop_mini
        >>> decoys = SyntheticDecoys(load_cath_scop_mini().subset([0, 1]), copies=2)
        >>> len(decoys), decoys[3].name
        (16, '16vpA00/normal_modes/1')
    """

    def __init__(
        self,
        corpus: Corpus,
        makers: Mapping[str, BaseTransform] | None = None,
        copies: int = 1,
        seed: int = 0,
        superposed: bool = True,
        transform: BaseTransform | None = None,
    ) -> None:
        """Take the natives and the ways to change them."""
        from proteingraph.transforms.decoys import QualityLabels

        super().__init__(None, transform)
        self.corpus = corpus
        self.makers = decoy_makers() if makers is None else dict(makers)
        if not self.makers or copies < 1 or not 0 <= seed < 2**32:
            raise DatasetError("decoys need a maker, one copy or more and a seed from 0 to 2^32")
        self.copies = copies
        self.seed = seed
        self._label = QualityLabels(superposed)

    def len(self) -> int:
        """Return the number of decoys."""
        return len(self.corpus) * len(self.makers) * self.copies

    def targets(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Row in the corpus of the native of each decoy, [number of decoys]."""
        return np.repeat(np.arange(len(self.corpus)), len(self.makers) * self.copies)

    def get(self, idx: int) -> Data:
        """Return a decoy before `transform`.

        Args:
            idx: number of the decoy.

        Returns:
            Its graph, with labels.
        """
        row, rest = divmod(int(idx), len(self.makers) * self.copies)
        kind, copy = divmod(rest, self.copies)
        name = list(self.makers)[kind]
        data = self.corpus[row]
        # Mixed, so that neither neighbouring decoys nor neighbouring seeds share random numbers.
        mixed = np.random.SeedSequence([self.seed, int(idx)]).generate_state(1, np.uint64)[0]
        data.seed = torch.tensor([int(mixed) % 2**62])
        data.target, data.kind = data.name, name
        data.name = f"{data.target}/{name}/{copy}"
        return self._label(self.makers[name](data))
