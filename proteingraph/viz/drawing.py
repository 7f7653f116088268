"""Axes that figures are drawn into: the caller's, or those of a figure made for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from proteingraph.files import replacing

__all__ = ["drawing"]


@contextmanager
def drawing(
    path: str | PathLike[str] | None,
    axes: Axes | None,
    size: tuple[float, float],
    projection: str | None = None,
) -> Iterator[Any]:
    """Give axes to draw into; what was drawn is written at the end.

    Args:
        path: Image to write, whose suffix says which kind; None to write none.
        axes: Axes of the caller; None to make a figure.
        size: Width and height of a figure that is made, in inches.
        projection: Projection of its axes, such as ``"3d"``. (default: none)
    """
    if axes is None:
        # Without pyplot: its backend and its list of open figures are the caller's.
        axes = Figure(figsize=size, layout="constrained").add_subplot(projection=projection)
    yield axes
    if path is not None:
        figure = axes.figure
        root = figure.figure if isinstance(figure, SubFigure) else figure
        path = Path(path)
        kind = path.suffix[1:] or rcParams["savefig.format"]
        with replacing(path if path.suffix else path.with_name(f"{path.name}.{kind}")) as partial:
            root.savefig(partial, format=kind, dpi=150)
