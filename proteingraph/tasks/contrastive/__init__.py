"""Training of embeddings so that the cosine of two tells whether they are of one class."""

from __future__ import annotations

from proteingraph.tasks.contrastive.config import ContrastiveConfig
from proteingraph.tasks.contrastive.loss import supervised_contrastive_loss

# Training itself is `proteingraph.tasks.contrastive.run.fit_contrastive`: it imports Lightning.
__all__ = ["ContrastiveConfig", "supervised_contrastive_loss"]
