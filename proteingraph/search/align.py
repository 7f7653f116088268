"""Hits of a search aligned with its query by TM-align."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from proteingraph.errors import ConfigError

__all__ = ["Align", "aligner"]

Align = Callable[[NDArray[np.float64], NDArray[np.float64]], tuple[float, float]]

SHORTEST = 3
"""Residues that TM-align needs."""


def aligner() -> Align:
    """Return a function that aligns two CA traces (L, 3) in Å.

    It gives their TM-scores, by the length of the first and of the second, from 0 to 1 (Zhang &
    Skolnick, Nucleic Acids Res. 2005, 33:2302-2309); 0 for a trace of less than three residues.

    Raises:
        ConfigError: If tmtools is not installed.
    """
    try:
        from tmtools import tm_align
    except ImportError as error:
        raise ConfigError(
            "aligning hits needs tmtools, which is not installed: pip install "
            "'torch-proteingraph[search]' (tmtools has no release for Python 3.13 yet)"
        ) from error

    def align(first: NDArray[np.float64], second: NDArray[np.float64]) -> tuple[float, float]:
        if min(len(first), len(second)) < SHORTEST:
            return 0.0, 0.0
        # The sequences do not bear on the alignment.
        found = tm_align(first, second, "A" * len(first), "A" * len(second))
        return float(found.tm_norm_chain1), float(found.tm_norm_chain2)

    return align
