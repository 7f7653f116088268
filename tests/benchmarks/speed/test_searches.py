"""Searches for neighbours that are timed against each other."""

from __future__ import annotations

import pytest
import torch

from benchmarks.speed.searches import SEARCHES, differing


@pytest.fixture(scope="module")
def points():
    """Three graphs of unlike sizes."""
    torch.manual_seed(0)
    batch = torch.repeat_interleave(torch.arange(3), torch.tensor([40, 700, 90]))
    return torch.randn(len(batch), 3) * 8, batch


@pytest.mark.parametrize("name", [name for name in SEARCHES if name != "native"])
def test_all_find_the_same_edges(name, points):
    pos, batch = points
    search, native = SEARCHES[name], SEARCHES["native"]
    if not search.installed:
        pytest.skip(f"{search.package} is not installed")
    within = native.within(pos, batch, 6.0, 0)
    most = int(torch.bincount(within[1]).max())
    assert differing(within, search.within(pos, batch, 6.0, most), len(pos)) == 0
    if search.nearest is not None:
        nearest = native.nearest(pos, batch, 12)
        assert nearest.size(1) == 12 * len(pos)
        assert differing(nearest, search.nearest(pos, batch, 12), len(pos)) == 0


def test_edges_of_one_set_alone_are_counted():
    edges = torch.tensor([[0, 1, 2], [1, 0, 0]])
    assert differing(edges, edges[:, [2, 0, 1]], 3) == 0
    assert differing(edges, edges[:, :2], 3) == 1
    assert differing(edges, edges.flip(0), 3) == 2
