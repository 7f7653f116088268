"""What a graph says of its residues, for records and tables."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch_geometric.data import Data

from proteingraph.io.alphabet import decode_sequence

__all__ = ["residue_identity"]


def residue_identity(graph: Data) -> dict[str, Any]:
    """Names of a structure and of its residues, from a graph that `Structure.to_data` made.

    Returns:
        ``name``, ``chain`` (names of all, joined by commas), ``sequence``, and per residue
        ``residue_chain``, ``residue_number`` (int32) and ``insertion_code`` (empty for none).
    """
    codes = graph.insertion_code.tolist()
    return {
        "name": graph.name,
        "chain": ",".join(graph.chain_id),
        "sequence": decode_sequence(graph.residue_type.numpy()),
        "residue_chain": np.array(graph.chain_id, dtype=np.str_)[graph.chain.numpy()],
        "residue_number": graph.residue_number.numpy().astype(np.int32),
        "insertion_code": np.array([chr(code) if code else "" for code in codes], dtype=np.str_),
    }
