"""What sequence alone tells of a domain, to set beside embeddings of its structure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from proteingraph.datasets import ChainPack

__all__ = ["composition", "log_length"]

TYPES = 21


def composition(pack: ChainPack) -> NDArray[np.float64]:
    """Share of each amino acid, and of unknown residues, in each domain: ``[n, 21]``."""
    domain = np.repeat(np.arange(len(pack)), pack.lengths)
    counts = np.bincount(domain * TYPES + pack.residue_type, minlength=len(pack) * TYPES)
    shares: NDArray[np.float64] = counts.reshape(len(pack), TYPES) / pack.lengths[:, None]
    return shares


def log_length(pack: ChainPack) -> NDArray[np.float64]:
    """Logarithm of the number of residues of each domain: ``[n, 1]``."""
    return np.log(pack.lengths)[:, None]
