"""Figure of the error over a training run."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes

from proteingraph.viz.drawing import drawing

__all__ = ["plot_training_curve", "read_curve"]


def read_curve(run: str | PathLike[str]) -> pd.DataFrame:
    """Read the log of a run, all parts of it.

    Args:
        run: Folder that `pretrain` wrote.

    Returns:
        A row a logged step with ``step`` and what was logged; of a step that was run again after a
        resumption, the later one.

    Raises:
        FileNotFoundError: If the folder has no log.
    """
    parts = sorted(Path(run).glob("log/part_*/metrics.csv"), key=lambda p: int(p.parent.name[5:]))
    if not parts:
        raise FileNotFoundError(f"{run}: no log/part_*/metrics.csv: not the folder of a run")
    rows = pd.concat([pd.read_csv(part) for part in parts], ignore_index=True)
    return rows.groupby("step", as_index=False).last()


def plot_training_curve(
    run: str | PathLike[str],
    path: str | PathLike[str] | None = None,
    axes: Axes | None = None,
) -> Axes:
    """Draw the error of the unit noise over the residues seen.

    Args:
        run: Folder that `pretrain` wrote.
        path: Image to write; its suffix says which kind. (default: writes none)
        axes: Axes to draw into. (default: those of a new figure)

    Returns:
        The axes.

    Raises:
        FileNotFoundError: If the folder has no log.
    """
    curve = read_curve(run)
    curve = curve.reindex(columns=curve.columns.union(["train/mse", "train/residues"]))
    train = curve.dropna(subset=["train/mse"])
    smooth = train["train/mse"].ewm(halflife=max(1, len(train) / 40)).mean()
    with drawing(path, axes, (6, 4)) as axes:
        axes.plot(train["train/residues"], train["train/mse"], color="0.8", lw=0.8, label="batch")
        axes.plot(train["train/residues"], smooth, color="C0", label="training, smoothed")
        if "validation/mse" in curve:
            held_out = curve.assign(residues=curve["train/residues"].ffill())
            held_out = held_out.dropna(subset=["validation/mse"])
            axes.plot(
                held_out["residues"], held_out["validation/mse"], "o-", color="C1", label="held out"
            )
        axes.axhline(1.0, color="k", lw=0.8, ls=":", label="predict nothing")
        axes.set(
            xlabel="residues seen", ylabel="error of the unit noise", ylim=(0, None), xlim=(0, None)
        )
        axes.legend(frameon=False)
    return axes
