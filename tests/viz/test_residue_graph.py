"""The residue graph in three dimensions: the structure turned, never mirrored or stretched."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from matplotlib.image import imread

from proteingraph.geometry import dihedral
from proteingraph.io import read_structure
from proteingraph.transforms import ResidueGraph
from proteingraph.viz import plot_residue_graph


@pytest.fixture(scope="module")
def graph(test_files):
    return ResidueGraph(k=8)(read_structure(test_files / "5zng.cif.gz").to_data())


def places(axes):
    dots = next(c for c in axes.collections if c.get_array() is not None)
    return np.stack(dots._offsets3d, axis=1), dots


def test_structure_is_turned_only(graph):
    drawn, dots = places(plot_residue_graph(graph))
    drawn = torch.from_numpy(np.asarray(drawn, dtype=np.float64))
    pos = graph.pos.double()
    torch.testing.assert_close(torch.cdist(drawn, drawn), torch.cdist(pos, pos), atol=1e-3, rtol=0)
    for four in ((0, 10, 20, 30), (5, 18, 40, 60)):
        same = [dihedral(*(points[i] for i in four)) for points in (drawn, pos)]
        torch.testing.assert_close(*same, atol=1e-3, rtol=0)
    spread = drawn.std(dim=0)
    assert spread[0] >= spread[1] >= spread[2]
    assert dots.get_array().tolist() == list(range(graph.num_nodes))


def test_lines_join_neighbours_in_the_chain(graph):
    axes = plot_residue_graph(graph)
    thin, chain = (lines for lines in axes.collections if lines.get_array() is None)
    undirected = np.unique(np.sort(graph.edge_index, axis=0), axis=1)
    assert len(thin._segments3d) == undirected.shape[1]
    lengths = np.linalg.norm(np.diff(chain._segments3d, axis=1), axis=-1)
    assert lengths.max() < 4.5
    assert len(lengths) < graph.num_nodes - int(graph.chain.max())  # or a break was bridged


def test_values_and_axes_of_the_caller(graph, tmp_path):
    axes = Figure().add_subplot(projection="3d")
    values = np.linspace(0, 1, graph.num_nodes)
    path = tmp_path / "graph.png"
    assert plot_residue_graph(graph, path, values, "quality", axes=axes) is axes
    assert places(axes)[1].get_array().tolist() == values.tolist()
    assert axes.figure.axes[1].get_ylabel() == "quality"
    assert imread(path)[..., :3].std() > 0.05
    with pytest.raises(ValueError, match="values of shape"):
        plot_residue_graph(graph, values=[1.0])
