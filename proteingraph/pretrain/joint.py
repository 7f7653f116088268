"""Residue types, hidden in training and predicted beside the gradient."""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn
from torch_geometric.data import Batch

from proteingraph.errors import ConfigError
from proteingraph.io.alphabet import AMINO_ACIDS
from proteingraph.nn import GraphEncoder
from proteingraph.pretrain.model import DenoisingModel
from proteingraph.transforms import MaskResidueTypes

__all__ = ["HiddenTypes", "JointEstimate"]


@dataclass(frozen=True, slots=True)
class JointEstimate:
    """What a network says of perturbed structures with hidden types.

    Attributes:
        score: Estimated gradient ``[N, 3]``, 1/Å.
        cross_entropy: Of the M hidden residues whose type is known, ``[M]``, nats; ln 20 = 3.0 for
            guessing blindly.
        right: Whether the likeliest type is the true one, bool ``[M]``.
    """

    score: Tensor
    cross_entropy: Tensor
    right: Tensor


class HiddenTypes(nn.Module):
    """Hides residue types, and predicts them from the embeddings that estimate the gradient.

    The masked prediction of language models (Devlin et al., https://arxiv.org/abs/1810.04805),
    given the perturbed structure. Hidden residues show the mask token and nothing else, here and in
    the gradient's estimate; which ones depends on the seed that travels with each structure.

    Args:
        model: Network of the architecture ``"graph"``; not kept.
        rate: Share of residues to hide. (default: :obj:`0.15`)
        hidden_channels: Hidden channels of the perceptron that predicts. (default: :obj:`128`)

    Raises:
        ConfigError: If the network is of another architecture.
    """

    def __init__(
        self, model: DenoisingModel, rate: float = 0.15, hidden_channels: int = 128
    ) -> None:
        super().__init__()
        if not isinstance(model.encoder, GraphEncoder):
            raise ConfigError(
                f"joint.weight: {model.architecture} does not predict residue types beside the "
                "gradient: set it to 0, or train the architecture graph"
            )
        config = model.encoder.config
        self.hide = MaskResidueTypes(rate)
        self.layers = nn.Sequential(
            nn.Linear(config["channels"] + config["pair_channels"], hidden_channels),
            nn.SiLU(),
            nn.Linear(hidden_channels, len(AMINO_ACIDS)),
        )

    def forward(self, model: DenoisingModel, batch: Batch) -> JointEstimate:
        """Estimate gradient and hidden types in one pass.

        Args:
            model: The network.
            batch: Structures that :attr:`hide` and `PerturbCoordinates` have gone over.
        """
        assert model.gradient is not None
        batch = model.prepare(batch)
        embeddings = model.encoder(batch)
        sigma = batch.sigma[batch.batch]
        score = model.gradient(embeddings.pair, batch.edge_index, batch.pos, sigma)
        # Unknown residues have no type to predict.
        asked = batch.residue_type_mask & (batch.residue_type_target < len(AMINO_ACIDS))
        types = batch.residue_type_target[asked]
        logits = self.layers(embeddings.residue[asked])
        cross_entropy = F.cross_entropy(logits, types, reduction="none")
        return JointEstimate(score, cross_entropy, logits.argmax(dim=-1) == types)
