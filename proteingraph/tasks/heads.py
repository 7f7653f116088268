"""Heads that turn embeddings into predictions."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from proteingraph.errors import ConfigError
from proteingraph.io.alphabet import AMINO_ACIDS
from proteingraph.nn import CondResNet, Embeddings, GraphEncoder, mean_and_deviation
from proteingraph.ops import gather, segment_mean
from proteingraph.tasks.features import FeatureProjection
from proteingraph.tasks.surroundings import SHAPE_CHANNELS, SurroundingsLayer, find_surroundings

__all__ = [
    "PairHead",
    "ProteinHead",
    "ResidueHead",
    "SurroundingsHead",
    "TaskHead",
    "embedding_channels",
    "make_head",
]


def embedding_channels(encoder: GraphEncoder | CondResNet) -> tuple[int, int]:
    """Channels of the residue and of the pair embeddings of an encoder.

    Example:
        >>> embedding_channels(GraphEncoder(5, 7, channels=32, pair_channels=16))
        (48, 16)
    """
    channels = int(encoder.config["channels"])
    if isinstance(encoder, CondResNet):
        return channels, channels
    pair = int(encoder.config["pair_channels"])
    return channels + pair, pair


TYPES = len(AMINO_ACIDS) + 1  # and one for unknown ones


class TaskHead(nn.Module):
    """What all heads are: inputs brought to a common scale, and a perceptron.

    Inputs are brought to the scale that they have in the batches trained on (batch normalisation
    without parameters).

    Args:
        residue_channels: Channels of a residue embedding.
        pair_channels: Channels of a pair embedding.
        outputs: Values to predict, such as the number of classes.
        hidden: Hidden channels; 0 for a linear head. (default: :obj:`128`)
        dropout: Dropout on inputs and hidden channels. (default: :obj:`0.2`)
        features: Number of further features of a residue, joined to its embedding by a
            `FeatureProjection`. (default: :obj:`0`)
        feature_channels: Channels that these are projected to. (default: :obj:`32`)
        context: Whether a `ResidueHead` sees what is around a residue too; other heads see the same
            either way. (default: :obj:`False`)

    Shapes:
        - **input:** `Embeddings` of B proteins with N residues and E pairs, the protein of each
          residue, int64 ``[N]``, sorted, the number of proteins, ``[N, features]`` if there are
          any, and, which only a `SurroundingsHead` looks at, CA in Å, ``[N, 3]``, and residue
          types, ``[N]``
        - **output:** ``[N, outputs]``, ``[B, outputs]`` or ``[E, outputs]``
    """

    inputs_are = "inputs"

    def __init__(
        self,
        residue_channels: int,
        pair_channels: int,
        outputs: int,
        hidden: int = 128,
        dropout: float = 0.2,
        features: int = 0,
        feature_channels: int = 32,
        context: bool = False,
    ) -> None:
        super().__init__()
        self.outputs = outputs
        self.context = context
        self.projection = FeatureProjection(features, feature_channels) if features else None
        residue = residue_channels + (feature_channels if features else 0)
        inputs = self.count_inputs(residue, pair_channels)
        self.norm = nn.BatchNorm1d(inputs, affine=False)
        last = nn.Linear(hidden or inputs, outputs)
        layers = [nn.Linear(inputs, hidden), nn.SiLU(), nn.Dropout(dropout)] if hidden else []
        self.layers = nn.Sequential(nn.Dropout(dropout), *layers, last)

    def count_inputs(self, residue: int, pair: int) -> int:
        """Columns of :meth:`inputs`, of residue and pair embeddings of so many channels."""
        raise NotImplementedError

    def inputs(
        self, residue: Tensor, embeddings: Embeddings, batch: Tensor, proteins: int
    ) -> Tensor:
        """What the perceptron sees, of embeddings of residues and of pairs."""
        raise NotImplementedError

    def reset_parameters(self) -> None:
        """Draw new parameters, and forget the scale of embeddings."""
        self.norm.reset_parameters()
        for layer in self.modules():
            if isinstance(layer, nn.Linear | nn.LayerNorm):
                layer.reset_parameters()

    def forward(
        self,
        embeddings: Embeddings,
        batch: Tensor,
        proteins: int,
        features: Tensor | None = None,
        pos: Tensor | None = None,
        residue_type: Tensor | None = None,
    ) -> Tensor:
        """Predict.

        Raises:
            ValueError: If features, coordinates or types are needed and absent, or features are
                given and not needed.
        """
        if (self.projection is None) != (features is None):
            raise ValueError(f"{self}: expected features of residues, or none, as it was made for")
        residue = embeddings.residue
        if self.projection is not None and features is not None:
            residue = torch.cat([residue, self.projection(features.to(residue.dtype))], dim=-1)
        inputs = self.inputs(residue, embeddings, batch, proteins)
        return self.predict(inputs, batch, pos, residue_type)

    def predict(
        self, inputs: Tensor, batch: Tensor, pos: Tensor | None, residue_type: Tensor | None
    ) -> Tensor:
        """Predict from :meth:`inputs`."""
        values: Tensor = self.layers(self._scale(inputs))
        return values

    def _scale(self, inputs: Tensor) -> Tensor:
        """Normalise; an item alone in its batch, which has no spread, by what was seen so far."""
        if inputs.size(0) > 1:
            scaled: Tensor = self.norm(inputs)
            return scaled
        norm = self.norm
        return F.batch_norm(inputs, norm.running_mean, norm.running_var, eps=norm.eps)

    def __repr__(self) -> str:
        inputs = self.norm.num_features
        return f"{type(self).__name__}({self.inputs_are}={inputs}, outputs={self.outputs})"


class ProteinHead(TaskHead):
    """Predicts values of a whole protein from its residue and pair embeddings.

    It sees means and standard deviations over residues and over pairs. Arguments and shapes are
    those of `TaskHead`; the output is ``[B, outputs]``.
    """

    inputs_are = "pooled"

    def count_inputs(self, residue: int, pair: int) -> int:
        """Means and deviations."""
        return 2 * (residue + pair)

    def inputs(
        self, residue: Tensor, embeddings: Embeddings, batch: Tensor, proteins: int
    ) -> Tensor:
        """Pool, ``[B, 2 (P + C)]``."""
        pairs = mean_and_deviation(embeddings.pair, batch[embeddings.edge_index[1]], proteins)
        return torch.cat([pairs, mean_and_deviation(residue, batch, proteins)], dim=-1)


class ResidueHead(TaskHead):
    """Predicts values of each residue from its embedding and how its pairs differ.

    A residue embedding of the graph encoder has the mean over the pairs that it receives already;
    the standard deviation over them is added. With context, the same of what is around it is too:
    the mean over the sources of the pairs that it receives, and that over its protein. Arguments
    and shapes are those of `TaskHead`; the output is ``[N, outputs]``.
    """

    def count_inputs(self, residue: int, pair: int) -> int:
        """Embedding, and deviations of pairs; three times with context."""
        return (3 if self.context else 1) * (residue + pair)

    def inputs(
        self, residue: Tensor, embeddings: Embeddings, batch: Tensor, proteins: int
    ) -> Tensor:
        """Join, ``[N, C + P]``, or ``[N, 3 (C + P)]`` with context."""
        source, target = embeddings.edge_index
        received = mean_and_deviation(embeddings.pair, target, residue.size(0))
        own = torch.cat([residue, received[:, embeddings.pair.size(1) :]], dim=-1)
        if not self.context:
            return own
        near = segment_mean(gather(own, source), target, own.size(0))
        whole = segment_mean(own, batch, proteins)
        return torch.cat([own, near, gather(whole, batch)], dim=-1)


class SurroundingsHead(ResidueHead):
    """Predicts values of each residue from what a `ResidueHead` sees, and from all around it.

    `SurroundingsLayer` by layer a residue sees the states of its 40 nearest at three distances: as
    far as a binding site or a wrong domain is wide, which the graph of an encoder is not. Density
    and one-sidedness of the surroundings, the size of the protein and residue types, which
    embeddings need not tell, are inputs too. Arguments and shapes are those of `TaskHead`, `hidden`
    the channels of a state; the output is ``[N, outputs]``.

    Args:
        depth: Number of layers. (default: :obj:`2`)
    """

    def __init__(
        self,
        residue_channels: int,
        pair_channels: int,
        outputs: int,
        hidden: int = 128,
        dropout: float = 0.2,
        features: int = 0,
        feature_channels: int = 32,
        context: bool = False,
        depth: int = 2,
    ) -> None:
        if hidden < 1 or depth < 1:
            raise ConfigError("a head that sees surroundings needs hidden channels and layers")
        super().__init__(
            residue_channels,
            pair_channels,
            outputs,
            hidden,
            dropout,
            features,
            feature_channels,
            context,
        )
        state = nn.Linear(self.norm.num_features, hidden)
        self.first = nn.Sequential(nn.Dropout(dropout), state)
        self.around = nn.ModuleList(SurroundingsLayer(hidden, dropout) for _ in range(depth))
        self.layers = nn.Sequential(nn.LayerNorm(hidden), nn.Linear(hidden, outputs))

    def count_inputs(self, residue: int, pair: int) -> int:
        """Those of a `ResidueHead`, the shape of the surroundings, and the residue type."""
        return super().count_inputs(residue, pair) + SHAPE_CHANNELS + TYPES

    def predict(
        self, inputs: Tensor, batch: Tensor, pos: Tensor | None, residue_type: Tensor | None
    ) -> Tensor:
        """Predict from the inputs of a `ResidueHead`, and what is around."""
        if pos is None or residue_type is None:
            raise ValueError(f"{self}: expected coordinates and types of residues")
        surroundings = find_surroundings(pos, batch)
        types = F.one_hot(residue_type.long(), TYPES)
        told = [inputs, surroundings.shape.to(inputs.dtype), types.to(inputs.dtype)]
        state = self.first(self._scale(torch.cat(told, dim=-1)))
        for layer in self.around:
            state = layer(state, surroundings)
        values: Tensor = self.layers(state)
        return values


class PairHead(TaskHead):
    """Predicts values of each ordered pair from its embedding and those of its two residues.

    Arguments and shapes are those of `TaskHead`; the output is ``[E, outputs]``.
    """

    def count_inputs(self, residue: int, pair: int) -> int:
        """Pair, source and target."""
        return pair + 2 * residue

    def inputs(
        self, residue: Tensor, embeddings: Embeddings, batch: Tensor, proteins: int
    ) -> Tensor:
        """Join, ``[E, P + 2 C]``."""
        source, target = embeddings.edge_index
        return torch.cat([embeddings.pair, residue[source], residue[target]], dim=-1)


HEADS: dict[str, type[TaskHead]] = {
    "residue": ResidueHead,
    "protein": ProteinHead,
    "pair": PairHead,
}


def make_head(
    level: str,
    encoder: GraphEncoder | CondResNet,
    outputs: int,
    hidden: int,
    dropout: float,
    features: int = 0,
    context: bool = False,
    surroundings: int = 0,
) -> TaskHead:
    """Make the head for a level of targets on the embeddings of an encoder.

    See `TaskHead`; with surroundings it is a `SurroundingsHead` of so many layers.

    Raises:
        ConfigError: If a head that is not of residues is to see what is around these, or one that
            is linear is to see surroundings.
    """
    if (context or surroundings) and level != "residue":
        raise ConfigError(
            f"context and surroundings are of heads for residues, not for a {level}: leave them out"
        )
    sizes = (*embedding_channels(encoder), outputs, hidden, dropout, features)
    if surroundings:
        return SurroundingsHead(*sizes, context=context, depth=surroundings)
    return HEADS[level](*sizes, context=context)
