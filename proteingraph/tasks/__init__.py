"""Supervised tasks on the embeddings: heads, settings and training with or without pre-training."""

from __future__ import annotations

from proteingraph.tasks.config import TaskConfig
from proteingraph.tasks.heads import PairHead, ProteinHead, ResidueHead
from proteingraph.tasks.target import Target
from proteingraph.tasks.task_model import TaskModel, TaskPrediction

# Training itself is `proteingraph.tasks.run.fit_target`: it imports Lightning, which takes long.
__all__ = [
    "PairHead",
    "ProteinHead",
    "ResidueHead",
    "Target",
    "TaskConfig",
    "TaskModel",
    "TaskPrediction",
]
