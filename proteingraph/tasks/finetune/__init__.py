"""Training on a user's own table of labels."""

from __future__ import annotations

from proteingraph.tasks.finetune.config import ColumnsConfig, FinetuneConfig, LabelConfig
from proteingraph.tasks.finetune.table import LabelTable, Mismatch

# Training itself is `proteingraph.tasks.finetune.run.finetune`: it imports Lightning.
__all__ = ["ColumnsConfig", "FinetuneConfig", "LabelConfig", "LabelTable", "Mismatch"]
