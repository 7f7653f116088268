"""Models to train on and to test with: comparative, threaded, and made of natives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path

import numpy as np

from benchmarks.common.annotated import AnnotatedPack
from benchmarks.common.decoys import load_decoys, load_natives
from benchmarks.quality.threaded import load_natives_to_thread, thread
from proteingraph.datasets import ChainPack
from proteingraph.datasets.decoys import SyntheticDecoys
from proteingraph.tasks import Target
from proteingraph.tasks.examples import Examples

__all__ = ["LDDT", "Made", "Models", "examples_of", "load_models", "synthetic"]

LDDT = Target(level="residue", kind="regression", bounded=True, name="lDDT")


class Made(Mapping[str, AnnotatedPack]):
    """Packs by split that are made when they are first asked for."""

    def __init__(self, splits: Iterable[str], make: Callable[[str], AnnotatedPack]) -> None:
        self.splits = tuple(splits)
        self.make = cache(make)

    def __getitem__(self, split: str) -> AnnotatedPack:
        """Return a pack, the same each time."""
        if split not in self.splits:
            raise KeyError(split)
        return self.make(split)

    def __iter__(self) -> Iterator[str]:
        """Yield the splits."""
        return iter(self.splits)

    def __len__(self) -> int:
        """Return the number of splits."""
        return len(self.splits)


@dataclass(frozen=True, eq=False)
class Models:
    """Models of three kinds by split, CA alone.

    Attributes:
        comparative: Comparative models.
        synthetic: Models made of the natives of these.
        threaded: Models by threading, to train on only.
    """

    comparative: Mapping[str, AnnotatedPack]
    synthetic: Mapping[str, AnnotatedPack]
    threaded: Mapping[str, AnnotatedPack]

    def trained_on(self, data: str) -> list[AnnotatedPack]:
        """What to train on: ``"comparative"``, ``"synthetic"``, ``"threaded"`` (with the first)."""
        if data == "threaded":
            return [self.comparative["train"], self.threaded["train"]]
        return [{"comparative": self.comparative, "synthetic": self.synthetic}[data]["train"]]

    def watched(self, data: str) -> AnnotatedPack:
        """What tells when to stop."""
        return (self.synthetic if data == "synthetic" else self.comparative)["validation"]


def load_models(root: Path, threaded: int, seed: int = 0) -> Models:
    """Read comparative models, and prepare to make others.

    Args:
        root: Folder of the corpus.
        threaded: Models by threading to make.
        seed: Of what is made. (default: :obj:`0`)

    Raises:
        DatasetError: If a file is absent or damaged, or relatives are on both sides of a split.
    """
    natives = load_natives(root)
    return Models(
        load_decoys(root, backbone=False),
        Made(natives, lambda split: synthetic(natives[split].trace(), seed)),
        Made(["train"], lambda _: thread(load_natives_to_thread(root), threaded, seed)),
    )


def synthetic(natives: ChainPack, seed: int = 0) -> AnnotatedPack:
    """Make a model of each kind of each native, with `lddt` and `lddt_mask` as comparative ones."""
    made = list(SyntheticDecoys(natives, seed=seed, superposed=False))
    names = ("lddt", "lddt_mask")
    columns = {name: np.concatenate([one[name].numpy() for one in made]) for name in names}
    return AnnotatedPack(ChainPack.from_data(made).trace(), columns)


def examples_of(packs: Iterable[AnnotatedPack]) -> Examples:
    """Models with the lDDT of their residues, NaN where it is not defined, to train a task on."""
    packs = list(packs)
    corpus = packs[0].pack
    if len(packs) > 1:
        corpus = ChainPack.from_data(chain.from_iterable(one.pack for one in packs)).trace()
    labels = [
        np.where(mask, lddt, np.nan)
        for one in packs
        for lddt, mask in zip(one.each("lddt"), one.each("lddt_mask"), strict=True)
    ]
    return Examples(corpus, labels)
