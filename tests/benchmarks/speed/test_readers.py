"""Ways from file to graph that are timed against each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.speed.readers import RADIUS, READERS, file_format
from proteingraph.io import read_structure
from proteingraph.ops import radius_edges

DATA = Path(__file__).parents[2] / "data"
FILES = ("1aki.pdb", "1aki.cif", "1aki.bcif", "1aki.pdb.gz", "1aki.cif.gz")


def number_of_edges(graph):
    """Edges of a graph in the form of whichever library, each direction counted."""
    if hasattr(graph, "num_edges"):
        return graph.num_edges
    return 2 * len(graph) if isinstance(graph, list) else int(graph.sum()) - len(graph)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("reader", READERS)
def test_files_become_graphs(reader, name):
    path, way = DATA / name, READERS[reader]
    if not way.installed or file_format(path) not in way.formats:
        pytest.skip(f"{reader} is not installed, or does not read such files")
    edges = number_of_edges(way.graph(way.parse(path)))
    within = radius_edges(read_structure(path).to_data().pos, RADIUS).size(1)
    assert edges == (129 * 24 if reader.startswith("ours") else within)


def test_formats_are_told_by_name():
    assert file_format(Path("a/1aki.pdb.gz")) == "pdb" and file_format(Path("x.bcif")) == "bcif"
