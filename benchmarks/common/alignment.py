"""Sequences aligned, and relatives among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["align_sequences", "closest"]

LAMBDA, K = 0.267, 0.041
"""Of gapped local alignments with BLOSUM62, a gap of n residues costing 11 + n: as BLAST has them
(Altschul & Gish, Methods Enzymol. 1996, 266:460-480)."""


def align_sequences(first: str, second: str) -> NDArray[np.int64]:
    """Align two sequences with BLOSUM62, ends free.

    Args:
        first: Letters of amino acids.
        second: Letters of amino acids.

    Returns:
        Places of residues that stand over each other, ``[2, M]``.
    """
    from biotite.sequence.align import align_optimal

    sequences, matrix = _prepared(first, second)
    found = align_optimal(
        *sequences, matrix, gap_penalty=(-11, -1), terminal_penalty=False, max_number=1
    )[0]
    trace: NDArray[np.int64] = found.trace.T.astype(np.int64)
    return trace[:, (trace >= 0).all(axis=0)]


def closest(sequence: str, known: Mapping[str, str]) -> tuple[str, float]:
    """Find the sequence that another one resembles most, by local alignment.

    Args:
        sequence: Letters of amino acids.
        known: Sequences by name, at least one.

    Returns:
        Its name, and the number of alignments as good as that which chance would give in a search
        through all that are known (the E-value).
    """
    from biotite.sequence.align import EValueEstimator, align_optimal

    scores = {}
    for name, other in known.items():
        sequences, matrix = _prepared(sequence, other)
        found = align_optimal(*sequences, matrix, gap_penalty=(-12, -1), local=True, max_number=1)
        scores[name] = found[0].score
    best = max(scores, key=lambda name: scores[name])
    size = sum(map(len, known.values()))
    log_value = EValueEstimator(LAMBDA, K).log_evalue(scores[best], len(sequence), size)
    return best, float(10**log_value)


def _prepared(*letters: str) -> tuple[list[Any], Any]:
    from biotite.sequence import ProteinSequence
    from biotite.sequence.align import SubstitutionMatrix

    return [ProteinSequence(one) for one in letters], SubstitutionMatrix.std_protein_matrix()
