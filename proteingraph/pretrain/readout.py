"""The scale of protein embeddings, from structures whose labels need not be known."""

from __future__ import annotations

import numpy as np
import torch

from proteingraph.datasets.protocol import Corpus
from proteingraph.nn import ProteinReadout, Whitening
from proteingraph.pretrain.batches import CropDataset, validation_loader
from proteingraph.pretrain.model import DenoisingModel

__all__ = ["fit_readout"]


def fit_readout(
    model: DenoisingModel,
    corpus: Corpus,
    columns: int = 512,
    chains: int = 400,
    residues: int = 2000,
) -> None:
    """Give a network the scale of its protein embeddings; replaces the one it has.

    Args:
        model: Network; embeds in evaluation mode and is left in the mode it is in.
        corpus: Structures of the kind that it is to embed.
        columns: Columns of the embedding; fewer, if there are fewer structures.
            (default: :obj:`512`)
        chains: Evenly spread structures to look at, at most. More is better. (default: :obj:`400`)
        residues: Residues in a batch, about; a dense network gets one structure at a time.
            (default: :obj:`2000`)

    Raises:
        ValueError: If there are fewer than two structures.
    """
    rows = np.unique(np.linspace(0, len(corpus) - 1, min(chains, len(corpus))).round())
    if len(rows) < 2:
        raise ValueError(f"{len(corpus)} structures tell no scale: two are needed at least")
    dataset = CropDataset(corpus, int(corpus.lengths.max()), model.backbone)
    batches = validation_loader(
        dataset, residues if model.graph is not None else 1, rows.astype(np.int64)
    )
    device = next(model.parameters()).device
    pooled = []
    was_training = model.training
    model.eval()
    with torch.inference_mode():
        for batch in batches:
            data = batch.to(device)
            pooled.append(ProteinReadout.pool(model.embed(data), data).float().cpu())
    model.train(was_training)
    whitening = Whitening.fit(torch.cat(pooled).numpy(), columns=columns)
    model.set_readout(whitening)
