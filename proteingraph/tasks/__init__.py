"""Supervised tasks on the embeddings: heads, settings and training with or without pre-training."""

from __future__ import annotations

from proteingraph.tasks.config import TaskConfig
from proteingraph.tasks.heads import ProteinHead

# Training itself is `proteingraph.tasks.run.fit`: it imports Lightning, which takes long.
__all__ = ["ProteinHead", "TaskConfig"]
