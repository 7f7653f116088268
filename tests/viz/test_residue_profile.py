"""Profiles: a line a chain, bands between them, residues told by their numbers."""

from __future__ import annotations

import numpy as np
import pytest

from proteingraph.io import read_structure
from proteingraph.viz import plot_residue_profile


@pytest.fixture(scope="module")
def structure(test_files):
    return read_structure(test_files / "5zng.cif.gz")


def test_a_line_a_chain_with_a_gap_for_what_is_not_known(structure, tmp_path):
    values = np.linspace(0, 1, len(structure))
    values[4] = np.nan
    path = tmp_path / "profile.svg"
    axes = plot_residue_profile(
        structure, values, path, "title", label="probability", limits=(0, 1)
    )
    assert "<svg" in path.read_text("utf-8")
    first, second = axes.lines
    size = int((structure.chain == "A").sum())
    np.testing.assert_array_equal(first.get_ydata(), values[:size])
    np.testing.assert_array_equal(second.get_ydata(), values[size:])
    (band,) = axes.patches
    left, right = band.get_x(), band.get_x() + band.get_width()
    assert first.get_xdata().max() < left < right < second.get_xdata().min()
    assert [text.get_text() for text in axes.texts] == ["A", "C"]
    assert (axes.get_ylim(), axes.get_ylabel()) == ((0, 1), "probability")
    assert axes.get_title(loc="left") == "title"
    assert axes.get_legend() is None


def test_places_are_named_by_residue_numbers(structure):
    axes = plot_residue_profile(structure, np.zeros(len(structure)))
    name = axes.xaxis.get_major_formatter()
    second = axes.lines[1].get_xdata()
    inside = structure.residue_number[structure.chain == "C"]
    assert [name(place, 0) for place in (0, second[0], second[3])] == [
        str(structure.residue_number[0]),
        str(inside[0]),
        str(inside[3]),
    ]
    assert name(second[0] - 2, 0) == ""  # in the band


def test_threshold_and_band(structure):
    values = np.linspace(0, 1, len(structure))
    options = {"threshold": 0.75, "band": (0.4, 0.6), "band_label": "interval"}
    axes = plot_residue_profile(structure, values, **options)
    level, marked = axes.lines[2:]
    assert level.get_ydata() == [0.75, 0.75]
    np.testing.assert_array_equal(marked.get_ydata(), values[values >= 0.75])
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert names == ["interval", "threshold 0.75"]
    assert axes.patches[0].get_y() == 0.4


def test_one_value_a_residue(structure):
    with pytest.raises(ValueError, match=r"\(3,\) values for 141 residues"):
        plot_residue_profile(structure, np.zeros(3))
