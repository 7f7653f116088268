"""Stopping early, in runs that may be resumed."""

from __future__ import annotations

import lightning as L
from lightning.pytorch.callbacks import EarlyStopping

__all__ = ["Patience"]


class Patience(EarlyStopping):
    """Stops a run when nothing gets better, and at once if it was killed after that and goes on.

    Lightning's own would train it on to the next judgement.
    """

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Stop if that was decided before the last checkpoint was written."""
        if self.wait_count >= self.patience:
            trainer.should_stop = True
