"""Real chains, and assemblies of them, as graphs without edges of the sizes asked for."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch_geometric.data import Batch, Data

from proteingraph.datasets.protocol import Corpus
from proteingraph.pretrain.model import visible_attributes

__all__ = ["assembly", "batch_of", "chains_of"]

GAP = 4.0  # Å between the boxes of neighbouring chains


def batch_of(corpus: Corpus, number: int, length: int) -> Batch:
    """Batch of proteins of one length: chains of the corpus, or assemblies where none is so long.

    Args:
        corpus: Chains.
        number: Number of proteins; chains come again where there are fewer.
        length: Residues of each.
    """
    chains = chains_of(corpus, number, length)
    if not chains:
        chains = [assembly(corpus, length)]
    return Batch.from_data_list([chains[i % len(chains)] for i in range(number)])


def chains_of(corpus: Corpus, number: int, length: int) -> list[Data]:
    """First residues of the shortest chains that have as many; fewer chains if there are no more.

    Args:
        corpus: Chains.
        number: Number of chains, at most.
        length: Residues of each.
    """
    rows = np.flatnonzero(corpus.lengths >= length)
    rows = rows[np.argsort(corpus.lengths[rows], kind="stable")[:number]]
    return [_visible(corpus[row], length) for row in rows.tolist()]


def assembly(corpus: Corpus, residues: int) -> Data:
    """Chains of about 250 residues side by side on a lattice, none within another.

    Args:
        corpus: Chains.
        residues: Residues of all together; the last chain is cut.
    """
    near = np.argsort(np.abs(corpus.lengths - 250), kind="stable")
    count = int(np.searchsorted(corpus.lengths[near].cumsum(), residues)) + 1
    parts = [_visible(corpus[row], residues) for row in np.resize(near, count).tolist()]
    cell = max(float((part.pos.amax(0) - part.pos.amin(0)).max()) for part in parts) + GAP
    side = int(np.ceil(count ** (1 / 3)))
    for number, part in enumerate(parts):
        place = torch.tensor(np.unravel_index(number, (side, side, side)))
        part.pos = part.pos - part.pos.amin(0) + cell * place
        part.chain = torch.full_like(part.chain, number)
        part.segment = part.chain
    names = parts[0].keys()
    return Data(**{name: torch.cat([p[name] for p in parts])[:residues] for name in names})


def _visible(chain: Data, length: int) -> Data:
    """What a network sees of the first residues of a chain."""
    names: Iterable[str] = visible_attributes(backbone=False)
    return Data(**{name: chain[name][:length] for name in names})
