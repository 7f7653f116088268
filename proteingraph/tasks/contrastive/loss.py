"""The supervised contrastive loss."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["supervised_contrastive_loss"]


def supervised_contrastive_loss(
    cosines: Tensor, positive: Tensor, compared: Tensor, temperature: float = 0.1
) -> Tensor:
    r"""How far each entry is from having its own class nearest, of all that it is compared with.

    .. math::
        -\frac{1}{|P(i)|} \sum_{p \in P(i)} \log
            \frac{\exp(c_{ip} / \tau)}{\sum_{a \in A(i)} \exp(c_{ia} / \tau)}

    averaged over entries with anything in :math:`P(i)`: :math:`\mathcal{L}^{sup}_{out}` of Khosla
    et al., `"Supervised Contrastive Learning" <https://arxiv.org/abs/2004.11362>`_, NeurIPS 2020.

    Args:
        cosines: :math:`c`, of each entry to each that it could be compared with, ``[Q, n]``.
        positive: :math:`P`, which of these are of its class, bool ``[Q, n]``; all are compared.
        compared: :math:`A`, which of these count at all, bool ``[Q, n]``: not itself, nor what
            shall be neither near nor far.
        temperature: :math:`\tau`. (default: :obj:`0.1`)

    Returns:
        A scalar; 0 if no entry has anything of its class.

    Example:
        >>> cosines = torch.tensor([[1.0, 0.8, 0.8], [0.8, 1.0, 0.2], [0.8, 0.2, 1.0]])
        >>> same = torch.tensor([[False, True, False], [True, False, False], [False] * 3])
        >>> supervised_contrastive_loss(cosines, same, ~torch.eye(3, dtype=torch.bool), 1.0)
        tensor(0.5653)
    """
    asks = positive.any(dim=1)
    positive, compared = positive[asks], compared[asks]
    logits = (cosines[asks] / temperature).masked_fill(~compared, -torch.inf)
    share = logits - logits.logsumexp(dim=1, keepdim=True)
    found = share.masked_fill(~positive, 0.0).sum(dim=1) / positive.sum(dim=1)
    return -found.sum() / max(1, len(found))
