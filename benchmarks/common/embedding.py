"""Embeddings of whole domains, read out of a network in several ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch_geometric.data import Batch

from proteingraph.datasets import ChainPack
from proteingraph.embedding import nearest_neighbor_accuracy, standardize
from proteingraph.errors import ConfigError
from proteingraph.nn import Embeddings, ProteinReadout, mean_and_deviation
from proteingraph.ops import segment_mean
from proteingraph.pretrain import DenoisingModel
from proteingraph.pretrain.batches import CropDataset, validation_loader

__all__ = ["POOLINGS", "READOUTS", "Readout", "embed_pack", "neighbor_scores"]

POOLINGS = ("protein", "pairs", "residue", "offsets", "directed")
# The first offset in sequence of short, medium and long range, as contacts are classed in CASP.
RANGES = (6, 12, 24)
SIGMAS = ("0.2", "0.5", "1", "2", "0.2+0.5+1+2")
READOUTS = tuple(f"{pooling}@{sigma}" for pooling in POOLINGS for sigma in SIGMAS)
"""What a read-out is chosen among, on validation domains."""


@dataclass(frozen=True)
class Readout:
    """How one vector is made of what a network says of a domain.

    Attributes:
        pooling: ``"protein"``: the network's own protein embedding, see `ProteinReadout`;
            ``"pairs"``: mean and standard deviation over pairs; ``"residue"``: mean over residue
            embeddings;
            ``"offsets"``: mean and standard deviation over pairs, separately for pairs under 6,
            from 6, from 12, and from 24 residues apart in sequence (the last with pairs of two
            chains; zeros where there is none); ``"directed"``: as offsets, and also separately for
            pairs whose source comes before the target.
        sigmas: Noise in Å that the network is told; vectors of several are joined. Empty: what the
            network embeds with by default.
    """

    pooling: str
    sigmas: tuple[float, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Readout:
        """Read `POOLING`, `POOLING@NOISE` or `POOLING@NOISE+NOISE+...`.

        Raises:
            ConfigError: If it is none of these.

        Example:
            >>> Readout.parse("offsets@0.5+2")
            Readout(pooling='offsets', sigmas=(0.5, 2.0))
        """
        pooling, _, noise = text.partition("@")
        try:
            sigmas = tuple(float(sigma) for sigma in noise.split("+")) if noise else ()
        except ValueError:
            sigmas = (-1.0,)
        if pooling not in POOLINGS or not all(0 < sigma < float("inf") for sigma in sigmas):
            raise ConfigError(
                f"{text!r} is no read-out: expected {', '.join(POOLINGS)}, as `protein`, or with "
                "noise in Å, as `protein@0.5` or `protein@0.5+2`"
            )
        return cls(pooling, sigmas)

    def __str__(self) -> str:
        noise = "+".join(f"{sigma:g}" for sigma in self.sigmas)
        return f"{self.pooling}@{noise}" if noise else self.pooling


def embed_pack(
    model: DenoisingModel, pack: ChainPack, readouts: Sequence[str], residues: int = 2000
) -> dict[str, NDArray[np.float32]]:
    """Embed all domains of a pack.

    Args:
        model: The network, in evaluation mode.
        pack: Domains, whole.
        readouts: See :meth:`Readout.parse`. Each noise level is computed once.
        residues: Residues in a batch, about; a dense network gets one domain at a time.
            (default: :obj:`2000`)

    Returns:
        ``[n, D]`` for each read-out.
    """
    parsed = {text: Readout.parse(text) for text in readouts}
    default = (model.embedding_sigma,)
    sigmas = {text: readout.sigmas or default for text, readout in parsed.items()}
    parts = {(parsed[text].pooling, sigma) for text in parsed for sigma in sigmas[text]}
    gathered: dict[tuple[str, float], list[Tensor]] = {part: [] for part in parts}
    whole = CropDataset(pack, int(pack.lengths.max()), model.backbone)
    with torch.inference_mode():
        for batch in validation_loader(whole, residues if model.graph is not None else 1):
            for sigma in sorted({sigma for _, sigma in parts}):
                embeddings = model.embed(batch.clone(), sigma)
                for pooling, at in parts:
                    if at == sigma:
                        gathered[pooling, at].append(_pool(embeddings, batch, pooling))
    vectors = {part: torch.cat(values).float().numpy() for part, values in gathered.items()}
    return {
        text: np.concatenate([vectors[parsed[text].pooling, s] for s in sigmas[text]], axis=1)
        for text in parsed
    }


def neighbor_scores(
    embeddings: Mapping[str, NDArray[np.floating]], labels: Sequence[Sequence[str]]
) -> dict[str, float]:
    """How well each embedding finds relatives: what to choose a read-out by, on validation domains.

    Args:
        embeddings: ``[n, D]`` each.
        labels: Labels of the n domains, at one or more levels.

    Returns:
        For each embedding the share of domains whose nearest other, by the cosine of standardized
        vectors, has their label (`nearest_neighbor_accuracy`), mean over levels.
    """
    return {
        name: float(np.mean([nearest_neighbor_accuracy(scaled, level)[0] for level in labels]))
        for name, scaled in ((name, standardize(v)) for name, v in embeddings.items())
    }


def _pool(embeddings: Embeddings, batch: Batch, pooling: str) -> Tensor:
    """One vector a domain ``[B, D]``."""
    if pooling == "protein":
        return embeddings.protein
    if pooling == "directed":
        return ProteinReadout.pool(embeddings, batch)
    if pooling == "pairs":
        of_pair = batch.batch[embeddings.edge_index[1]]
        return mean_and_deviation(embeddings.pair, of_pair, batch.num_graphs)
    if pooling == "residue":
        return segment_mean(embeddings.residue, batch.batch, batch.num_graphs)
    source, target = embeddings.edge_index
    apart = batch.position[source] - batch.position[target]
    kinds = len(RANGES) + 1
    kind = torch.bucketize(apart.abs(), torch.tensor(RANGES), right=True)
    same_chain = batch.chain[source] == batch.chain[target]
    kind = kind.masked_fill(~same_chain, kinds - 1)
    group = batch.batch[target] * kinds + kind
    order = group.argsort(stable=True)
    pooled = mean_and_deviation(embeddings.pair[order], group[order], batch.num_graphs * kinds)
    return pooled.view(batch.num_graphs, -1)
