"""Chains of complete backbones, one an entry, as a pack."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from proteingraph.datasets.columns import count_changes, entry_starts
from proteingraph.datasets.pack import ChainPack
from proteingraph.io.segments import peptide_bonds

__all__ = ["pack_backbones"]


def pack_backbones(
    coordinates: NDArray[np.float32],
    residue_type: NDArray[np.int8],
    lengths: NDArray[np.int64],
    names: Sequence[str],
    chain_ids: Sequence[str],
    residue_number: NDArray[np.int32],
    b_factor: NDArray[np.float32] | None = None,
) -> ChainPack:
    """Pack chains; where C and the next N are no peptide bond apart, a new segment begins.

    Args:
        coordinates: N, CA, C, O in Å [R, 4, 3], all present.
        residue_type: amino acids by number [R].
        lengths: number of residues of each chain [n].
        names: names of the entries [n].
        chain_ids: names of the chains [n].
        residue_number: residue numbers [R].
        b_factor: B-factors [R]. Default: none.

    Returns:
        A pack of n entries, which may be 0.
    """
    starts = entry_starts(lengths)
    broken = np.ones(len(residue_type), bool)
    broken[1:] = ~peptide_bonds(
        coordinates,
        np.ones(coordinates.shape[:2], bool),
        residue_number,
        np.zeros_like(residue_number),
    )
    segment = count_changes(broken, starts)
    return ChainPack(
        coordinates=coordinates,
        residue_type=residue_type,
        starts=starts,
        names=np.array(names, np.str_),
        chain_ids=np.array(chain_ids, np.str_),
        segment=segment if segment.any() else None,
        residue_number=residue_number,
        b_factor=b_factor,
    )
