"""Division of a corpus into what is trained on and what is held out."""

from __future__ import annotations

from os import PathLike

import numpy as np
from numpy.typing import NDArray

from proteingraph.datasets import Failure, load_corpus, read_split
from proteingraph.datasets.protocol import Corpus
from proteingraph.errors import ConfigError

__all__ = ["load_split_corpus"]


def load_split_corpus(
    corpus: str | PathLike[str],
    split: str | PathLike[str] | None = None,
    column: str = "split",
    validation: float = 0.05,
    seed: int = 0,
    failures: list[Failure] | None = None,
) -> tuple[Corpus, Corpus]:
    """Read a corpus and divide it.

    Args:
        corpus: See `load_corpus`.
        split: Table that says of each chain whether it is in ``train`` or ``validation``; chains
            with another word, or that it does not name, are left out. Without a table, the corpus'
            own label ``split`` decides if it has one, else chains are held out at random (which
            does not keep relatives apart).
        column: Column of the table.
        validation: Share of chains to hold out at random.
        seed: Seed of that choice.
        failures: Gets what was left out of a folder; see `load_corpus`.

    Returns:
        Chains to train on, chains held out.

    Raises:
        DatasetError: If corpus or table cannot be read.
        ConfigError: If no chain is left to train on.
    """
    pack = load_corpus(corpus, failures)
    if split is not None:
        words = read_split(split, column)
        kind = np.array([words.get(name, "") for name in pack.names.tolist()])
    elif "split" in pack.labels:
        kind = np.asarray(pack.labels["split"])
    else:
        order = np.random.default_rng(seed).permutation(len(pack))
        kind = np.full(len(pack), "train", dtype="<U10")
        kind[order[: round(validation * len(pack))]] = "validation"
    train = np.flatnonzero(kind == "train")
    if not len(train):
        raise ConfigError(
            f"{split if split is not None else corpus}: no chain is marked `train`, of the "
            f"{len(pack)} in {corpus}; {_remedy(pack, kind, split)}"
        )
    return pack.subset(train), pack.subset(np.flatnonzero(kind == "validation"))


def _remedy(pack: Corpus, kind: NDArray[np.str_], split: str | PathLike[str] | None) -> str:
    if split is None:
        return "hold out fewer"
    words = sorted(set(kind.tolist()) - {""})
    if words:
        return f"the column says {', '.join(words[:5])}"
    return f"the table must name them as they are called there, as {pack.names[0]}"
