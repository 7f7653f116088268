"""Figure of a residue graph in three dimensions."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from torch_geometric.data import Data

from proteingraph.viz.contact_map import COLOURS, graph_arrays
from proteingraph.viz.drawing import drawing

if TYPE_CHECKING:
    from mpl_toolkits.mplot3d import Axes3D  # type: ignore[import-untyped]

__all__ = ["plot_residue_graph"]

BONDED = 4.5
"""Longest distance in Å at which residues that follow each other are joined by a thick line."""


def plot_residue_graph(
    graph: Data,
    path: str | PathLike[str] | None = None,
    values: npt.ArrayLike | None = None,
    label: str = "place in the chain",
    title: str = "",
    axes: Axes3D | None = None,
) -> Axes3D:
    """Draw residues as dots at their CA atoms, the chain as a thick line, and edges as thin ones.

    Seen along the axis in which the structure extends least.

    Args:
        graph: One residue graph: ``pos`` (CA, Å), ``edge_index``, and ``chain`` if there are any.
        path: Image to write; its suffix says which kind. (default: writes none)
        values: What to colour residues by, ``[N]``. (default: their place in the graph)
        label: What the values are, with their unit.
        title: Title of the figure. (default: none)
        axes: Three-dimensional axes to draw into. (default: those of a new figure)

    Returns:
        The axes.

    Raises:
        MissingAttributeError: If the graph has no coordinates or no edges.
        ValueError: If there is not one value a residue.
    """
    from mpl_toolkits.mplot3d.art3d import Line3DCollection  # type: ignore[import-untyped]

    pos, edge_index, chain = graph_arrays(graph)
    shown = np.arange(len(pos)) if values is None else np.asarray(values)
    if shown.shape != (len(pos),):
        raise ValueError(f"values of shape {shown.shape} for {len(pos)} residues")
    centred = pos - pos.mean(axis=0)
    _, _, turn = np.linalg.svd(centred, full_matrices=False)
    if np.linalg.det(turn) < 0:  # a rotation, lest the structure is drawn mirrored
        turn[2] *= -1
    place = centred @ turn.T
    undirected = np.unique(np.sort(edge_index, axis=0), axis=1)
    bonded = (np.diff(chain) == 0) & (np.linalg.norm(np.diff(pos, axis=0), axis=1) <= BONDED)
    trace = np.stack([place[:-1], place[1:]], axis=1)[bonded]
    with drawing(path, axes, (6.5, 5.5), projection="3d") as axes:
        thin = {"colors": "0.55", "linewidths": 0.3, "alpha": 0.35}
        axes.add_collection3d(Line3DCollection(place[undirected.T], **thin))
        axes.add_collection3d(Line3DCollection(trace, colors="0.25", linewidths=1.8))
        dots = axes.scatter(*place.T, c=shown, cmap=COLOURS, s=18, depthshade=False)
        axes.set_box_aspect(np.maximum(np.ptp(place, axis=0), 1.0), zoom=1.35)  # true to scale
        axes.view_init(elev=90, azim=-90)  # the two longest axes lie in the plane of the page
        axes.set_axis_off()
        axes.set_title(title)
        axes.figure.colorbar(dots, ax=axes, label=label, shrink=0.7)
    return axes
