"""Held-out crops with noise, the same for every network."""

from __future__ import annotations

from collections.abc import Iterator

from torch_geometric.data import Batch

from proteingraph.datasets import ChainPack
from proteingraph.pretrain import DenoisingModel
from proteingraph.pretrain.batches import CropDataset, validation_loader
from proteingraph.transforms import PerturbCoordinates

__all__ = ["SIGMAS", "perturbed_batches"]

SIGMAS = (10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1, 0.05)


def perturbed_batches(
    model: DenoisingModel,
    pack: ChainPack,
    sigma: float,
    crop: int,
    residues: int,
    noise_seed: int = 0,
) -> Iterator[Batch]:
    """Yield every chain once, in order, cropped and perturbed.

    Args:
        model: Network to perturb for: one that sees N, C and O gets these perturbed too.
        pack: Chains.
        sigma: Noise in Å.
        crop: Longest stretch in residues; which one depends on the chain's row alone.
        residues: Residues in a batch, about; crops and noise do not depend on it.
        noise_seed: Seed of the noise, together with the chain's row. (default: :obj:`0`)
    """
    # Not with the network's own schedule: how it draws a level decides what noise is drawn next.
    perturb = PerturbCoordinates(sigma=sigma, backbone=model.backbone)
    for batch in validation_loader(CropDataset(pack, crop, model.backbone), residues):
        batch.seed = batch.seed + noise_seed * len(pack)
        batch = perturb(batch)
        batch.noise_level = model.schedule.nearest_level(batch.sigma)
        yield batch
