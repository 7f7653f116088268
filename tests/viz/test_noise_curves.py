"""Noise-level curves: a line a network, over the noise on a logarithmic axis."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from proteingraph.viz import plot_noise_curves
from proteingraph.zoo import model_record


def test_a_line_a_network():
    errors = {"a": {10.0: 0.1, 0.1: 0.6, 1.0: 0.4}, "b": {1.0: 0.5}}
    axes = plot_noise_curves(errors)
    first, second, nothing = axes.lines
    np.testing.assert_array_equal(first.get_xydata(), [(0.1, 0.6), (1, 0.4), (10, 0.1)])
    np.testing.assert_array_equal(second.get_xydata(), [(1, 0.5)])
    assert first.get_marker() != second.get_marker()  # not by colour alone
    assert nothing.get_ydata() == [1.0, 1.0]
    assert (axes.get_xscale(), axes.get_ylim()[0]) == ("log", 0)
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert names == ["a", "b", "predict nothing"]


def test_errors_of_the_zoo_into_axes_of_the_caller(tmp_path):
    axes = Figure().subfigures(1, 2)[0].subplots()  # the whole figure is written
    errors = {row.sigma: row.error for row in model_record("dsm_small").results.denoising}
    path = tmp_path / "curves.svg"
    assert plot_noise_curves({"dsm_small": errors}, path, "title", axes) is axes
    assert "<svg" in path.read_text("utf-8")


@pytest.mark.parametrize("errors", [{}, {"a": {}}])
def test_nothing_to_draw(errors):
    with pytest.raises(ValueError, match="at least"):
        plot_noise_curves(errors)
