"""Quality without labels: what a network believes it takes to put a model right."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from proteingraph.datasets.protocol import Corpus
from proteingraph.pretrain import DenoisingModel
from proteingraph.pretrain.batches import CropDataset, validation_loader

__all__ = ["SIGMAS", "relaxedness"]

SIGMAS = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Noise in Å that the network is told; which tells most is chosen on validation models."""


def relaxedness(
    model: DenoisingModel, models: Corpus, sigma: float, residues: int = 3000
) -> list[NDArray[np.float32]]:
    r"""Minus the norm of the estimated gradient at each residue, in units of the noise.

    A residue that is where the network expects it feels no pull, so 0 is best; what has noise of
    the size told has :math:`-\sigma |\hat{g}|` of about -1.7.

    Args:
        model: Pre-trained network, in evaluation mode.
        models: Whole models, of which nothing is perturbed.
        sigma: Noise in Å that the network is told.
        residues: Residues in a batch, about. (default: :obj:`3000`)

    Returns:
        An array ``[N_i]`` a model.
    """
    whole = CropDataset(models, int(models.lengths.max(initial=1)), model.backbone)
    norms = []
    with torch.inference_mode():
        for batch in validation_loader(whole, residues):
            batch.sigma = torch.full((batch.num_graphs,), sigma)
            norms.append(sigma * model(model.prepare(batch)).norm(dim=-1))
    quality: NDArray[np.float32] = -torch.cat(norms).numpy()
    return np.split(quality, np.cumsum(models.lengths)[:-1])
