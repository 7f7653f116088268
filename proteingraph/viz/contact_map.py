"""Figure of a residue graph as a matrix of residues."""

from __future__ import annotations

from os import PathLike

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from torch_geometric.data import Data

from proteingraph.errors import MissingAttributeError
from proteingraph.viz.drawing import drawing

__all__ = ["graph_arrays", "plot_contact_map"]

COLOURS = "viridis"


def graph_arrays(graph: Data) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return coordinates ``[N, 3]``, edges ``[2, E]`` and chains ``[N]`` of a residue graph.

    Raises:
        MissingAttributeError: If it has no coordinates or no edges.
    """
    for name, source in (("pos", "Structure.to_data"), ("edge_index", "ResidueGraph")):
        if getattr(graph, name, None) is None:
            raise MissingAttributeError(
                f"the figure needs the graph attribute `{name}`, which comes from {source}"
            )
    pos, edge_index = graph.pos.detach().cpu().numpy(), graph.edge_index.cpu().numpy()
    chain = getattr(graph, "chain", None)
    return pos, edge_index, np.zeros(len(pos), int) if chain is None else chain.cpu().numpy()


def plot_contact_map(
    graph: Data,
    path: str | PathLike[str] | None = None,
    title: str = "",
    axes: Axes | None = None,
) -> Axes:
    """Draw a dot in row i and column j for each edge from residue j to residue i, by distance.

    Rows are numbered from 0, in the order of the graph; lines part chains.

    Args:
        graph: One residue graph: ``pos`` (CA, Å), ``edge_index``, and ``chain`` if there are any.
        path: Image to write; its suffix says which kind. (default: writes none)
        title: Title of the figure. (default: none)
        axes: Axes to draw into. (default: those of a new figure)

    Returns:
        The axes.

    Raises:
        MissingAttributeError: If the graph has no coordinates or no edges.
    """
    pos, (source, target), chain = graph_arrays(graph)
    distance = np.linalg.norm(pos[source] - pos[target], axis=1)
    with drawing(path, axes, (6, 5)) as axes:
        edges = (-0.5, len(pos) - 0.5)
        axes.set(xlim=edges, ylim=edges[::-1], aspect="equal", title=title)
        axes.set(xlabel="source residue j", ylabel="target residue i")
        # Squares of the matrix itself, with a rim lest those of a large one are too small to see.
        corners = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)])
        squares = np.stack([source, target], axis=1)[:, None] + corners
        dots = PolyCollection(
            squares, array=distance, cmap=COLOURS, edgecolors="face", linewidths=0.3
        )
        dots.set_rasterized(True)
        axes.add_collection(dots, autolim=False)
        for start in np.flatnonzero(np.diff(chain)) + 0.5:
            axes.axhline(start, color="0.5", lw=0.6)
            axes.axvline(start, color="0.5", lw=0.6)
        axes.figure.colorbar(dots, ax=axes, label="distance of CA atoms (Å)", shrink=0.9)
    return axes
