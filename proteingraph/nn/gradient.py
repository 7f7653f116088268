"""The estimated gradient: one scalar an edge, scattered on coordinate differences."""

from __future__ import annotations

from torch import Tensor, nn

from proteingraph.ops import gather, segment_sum

__all__ = ["EdgeGradient"]


class EdgeGradient(nn.Module):
    r"""Estimates the gradient back to the native structure from edge embeddings.

    .. math::
        \hat{g}_i = \frac{1}{\sigma} \sum_{j \in N(i)} G_{ij}
            \frac{\tilde{x}_i - \tilde{x}_j}{|\tilde{x}_i - \tilde{x}_j| + c}

    with one scalar :math:`G_{ij}` an edge. Scalars are invariant and differences rotate with the
    structure, so the gradient is SE(3)-equivariant whatever network made the embeddings (Guo et
    al., `"Self-Supervised Pre-training for Protein Embeddings Using Tertiary Structures"
    <https://doi.org/10.1609/aaai.v36i6.20636>`_, AAAI 2022; theirs has no denominator).

    Args:
        channels: Channels of an edge embedding.
        hidden_channels: Channels of the hidden layer. (default: as many as ``channels``)
        softening: :math:`c` in Å, or :obj:`None` for no denominator. (default: :obj:`1.0`)

    Shapes:
        - **input:** edge embeddings ``[E, channels]``, edge indices ``[2, E]`` sorted by target,
          coordinates ``[N, 3]`` in Å, noise of each residue's graph ``[N]`` in Å
        - **output:** gradient ``[N, 3]`` in 1/Å
    """

    def __init__(
        self, channels: int, hidden_channels: int | None = None, softening: float | None = 1.0
    ) -> None:
        super().__init__()
        self.channels = channels
        self.softening = softening
        hidden = channels if hidden_channels is None else hidden_channels
        self.network = nn.Sequential(nn.Linear(channels, hidden), nn.SiLU(), nn.Linear(hidden, 1))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new parameters; the estimate starts at zero."""
        layers = [module for module in self.network if isinstance(module, nn.Linear)]
        for layer in layers:
            layer.reset_parameters()
        nn.init.zeros_(layers[-1].weight)
        nn.init.zeros_(layers[-1].bias)

    def forward(self, pair: Tensor, edge_index: Tensor, pos: Tensor, sigma: Tensor) -> Tensor:
        """Return the gradient at each residue."""
        difference = gather(pos, edge_index[1]) - gather(pos, edge_index[0])
        scalar = self.network(pair)
        if self.softening is not None:
            distance = difference.square().sum(-1, keepdim=True).clamp(min=1e-12).sqrt()
            difference = difference / (distance + self.softening)
        pull = scalar * difference
        gradient: Tensor = segment_sum(pull, edge_index[1], pos.size(0)) / sigma[:, None]
        return gradient

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.channels}, softening={self.softening})"
