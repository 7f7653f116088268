"""The contact map has a dot for each edge, where it belongs and in the colour of its distance."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from matplotlib.image import imread
from torch_geometric.data import Data

from proteingraph.errors import MissingAttributeError
from proteingraph.io import read_structure
from proteingraph.transforms import ResidueGraph
from proteingraph.viz import plot_contact_map


@pytest.fixture(scope="module")
def graph(test_files):
    return ResidueGraph(k=8)(read_structure(test_files / "5zng.cif.gz").to_data())


def test_a_dot_for_each_edge(graph):
    axes = plot_contact_map(graph)
    dots = axes.collections[0]
    centres = [path.vertices[:4].mean(axis=0) for path in dots.get_paths()]
    np.testing.assert_array_equal(centres, graph.edge_index.T)
    source, target = graph.edge_index
    distance = (graph.pos[source] - graph.pos[target]).norm(dim=1)
    np.testing.assert_allclose(dots.get_array(), distance, rtol=1e-5)
    assert axes.get_ylim() == (graph.num_nodes - 0.5, -0.5)  # the first residue on top
    assert "Å" in axes.figure.axes[1].get_ylabel()


def test_chains_are_parted(graph):
    size = int((graph.chain == 0).sum())
    lines = [line.get_xdata()[0] for line in plot_contact_map(graph).lines]
    assert size - 0.5 in lines
    assert len(lines) == 2 * int(graph.chain.max())


def test_dots_fill_their_cells(tmp_path):
    """Of a full matrix, no background is seen between the dots."""
    rows = torch.arange(40)
    edges = torch.cartesian_prod(rows, rows).T.flip(0)
    path = tmp_path / "map.png"
    axes = plot_contact_map(Data(pos=torch.randn(40, 3), edge_index=edges), path)
    box = axes.get_window_extent().transformed(axes.figure.transFigure.inverted())
    image = imread(path)[::-1, :, :3]
    height, width = image.shape[:2]
    inside = image[
        int((box.y0 + 0.03) * height) : int((box.y1 - 0.03) * height),
        int((box.x0 + 0.03) * width) : int((box.x1 - 0.03) * width),
    ]
    assert (inside.min(axis=-1) > 0.95).mean() < 0.02


def test_axes_of_the_caller(graph, tmp_path):
    left, right = Figure(figsize=(9, 4)).subplots(1, 2)
    assert plot_contact_map(graph, title="here", axes=right) is right
    assert (left.has_data(), right.get_title()) == (False, "here")


def test_graphs_without_edges():
    with pytest.raises(MissingAttributeError, match=r"edge_index.*ResidueGraph"):
        plot_contact_map(Data(pos=torch.zeros(3, 3)))
