"""Progress bar of a pre-training run."""

from __future__ import annotations

from typing import Any

import lightning as L
from lightning.pytorch.callbacks import Callback
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from proteingraph.pretrain.module import GradientEstimation

__all__ = ["StepProgress"]


class StepProgress(Callback):
    """Shows how far a run is, by steps or time, with its loss and speed.

    Lightning's own bars count batches of an epoch; here the stream of batches has no end and the
    run may be limited by time.
    """

    def __init__(self) -> None:
        self.smooth: float | None = None
        self.bar = Progress(
            TextColumn("pre-training"),
            BarColumn(),
            TextColumn("{task.percentage:3.0f} %"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[told]}"),
            console=Console(stderr=True),
        )
        self.task = self.bar.add_task("pre-training", total=1.0, told="")

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Show the bar."""
        self.bar.start()

    def on_train_batch_end(
        self,
        trainer: L.Trainer,
        pl_module: L.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Advance the bar."""
        assert isinstance(pl_module, GradientEstimation)
        error = float(trainer.callback_metrics["train/mse"])
        self.smooth = error if self.smooth is None else 0.98 * self.smooth + 0.02 * error
        speed = pl_module.residues / max(pl_module.elapsed, 1e-9)
        told = f"step {trainer.global_step}  error {self.smooth:.3f}  {speed:,.0f} residues/s"
        held_out = trainer.callback_metrics.get("validation/mse")
        if held_out is not None:
            told += f"  held-out {float(held_out):.3f}"
        self.bar.update(self.task, completed=pl_module.progress, told=told)

    def on_train_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Leave the bar as it stands."""
        assert isinstance(pl_module, GradientEstimation)
        self.bar.update(self.task, completed=pl_module.progress)
        self.bar.stop()

    def on_exception(
        self, trainer: L.Trainer, pl_module: L.LightningModule, exception: BaseException
    ) -> None:
        """Free the terminal."""
        self.bar.stop()
