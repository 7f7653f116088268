"""CATH labels of domains, and which topologies are new."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from proteingraph.datasets import ChainPack
from proteingraph.datasets.hierarchy import CATH_LEVELS, code_at_level

__all__ = ["cath_labels", "new_topology"]


def cath_labels(pack: ChainPack, level: str) -> NDArray[np.str_]:
    """Code of each domain down to `class`, `architecture`, `topology` or `superfamily`: ``[n]``."""
    codes = pack.labels["cath_code"].tolist()
    return np.array([code_at_level(code, level, CATH_LEVELS) for code in codes], np.str_)


def new_topology(pack: ChainPack, *others: ChainPack) -> NDArray[np.bool_]:
    """Which domains have a topology that no domain of the others has: ``[n]``.

    Splits by SCOPe fold and CATH superfamily still share CATH topologies, which are wider.
    """
    known = [cath_labels(other, "topology") for other in others]
    return ~np.isin(cath_labels(pack, "topology"), np.concatenate(known))
