"""Columns of what tasks predict."""

from __future__ import annotations

import numpy as np

from proteingraph.assess import predict_quality, predict_sites
from proteingraph.io import read_structure
from proteingraph.viz.report import quality_column, site_column, task_columns


def test_columns_say_what_was_predicted(quality_folder, sites_folder, test_files):
    structure = read_structure(test_files / "5zng.cif.gz")
    structure.backbone_mask[3, 1] = False
    column, prediction = (
        make(structure, quality_folder) for make in (quality_column, predict_quality)
    )
    np.testing.assert_array_equal(column.checked(len(structure)), prediction.values)
    assert column.about.endswith(
        f"small_quality predicts it, each chain on its own; mean {prediction.score:.2f}"
    )
    alone = quality_column(structure.select(structure.chain == "C"), quality_folder)
    assert "(90% interval 0." in alone.about
    column, prediction = (make(structure, sites_folder) for make in (site_column, predict_sites))
    np.testing.assert_array_equal(column.checked(len(structure)), prediction.values)
    assert f"called from {prediction.threshold:.3g} on" in column.about


def test_what_is_not_shipped_is_left_out(test_files, monkeypatch):
    monkeypatch.setattr("proteingraph.viz.report.tasks.resolve_name", lambda name: None)
    assert task_columns(read_structure(test_files / "1aki.cif")) == []
