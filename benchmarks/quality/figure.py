"""A figure of what predictions of quality are off by."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.common.annotated import AnnotatedPack
from proteingraph.files import replacing

__all__ = ["draw_errors"]


def draw_errors(
    predicted: Sequence[NDArray[np.floating[Any]]], models: AnnotatedPack, path: Path
) -> None:
    """Draw predicted against true lDDT: of residues by kind of model, and of whole models.

    Args:
        predicted: lDDT of the residues of each model.
        models: With `lddt`, and a label `kind`.
        path: PNG file to write.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    kinds = np.unique(models.label("kind")).tolist()
    figure = Figure(figsize=(3.1 * 3, 3.0 * 2), layout="constrained", dpi=80)
    FigureCanvasAgg(figure)
    panels = figure.subplots(2, 3, sharex=True, sharey=True).ravel()
    truth = models.each("lddt")
    for panel, kind in zip(panels, kinds, strict=False):
        mine = np.flatnonzero(models.label("kind") == kind)
        true, guess = (np.concatenate([values[i] for i in mine]) for values in (truth, predicted))
        panel.hexbin(true, guess, gridsize=28, bins="log", extent=(0, 1, 0, 1), cmap="viridis")
        panel.set_title(f"{kind.replace('_', ' ')}: residues of {len(mine)} models", fontsize=9)
    whole = panels[-1]
    for kind in kinds:
        mine = np.flatnonzero(models.label("kind") == kind)
        means = [[float(values[i].mean()) for i in mine] for values in (truth, predicted)]
        whole.plot(*means, ".", markersize=4, label=kind.replace("_", " "))
    whole.set_title("means of models", fontsize=9)
    whole.legend(fontsize=6)
    for panel in panels:
        panel.plot([0, 1], [0, 1], color="0.5", linewidth=0.7)
        panel.set_aspect("equal")
    figure.supxlabel("true lDDT", fontsize=9)
    figure.supylabel("predicted lDDT", fontsize=9)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as partial:
        figure.savefig(partial, format="png")
