"""Tasks by name: which are refused, and what tells one from another."""

from __future__ import annotations

import pytest
import torch

from proteingraph.assess import predict_quality, predict_sites
from proteingraph.assess.quality import open_quality
from proteingraph.assess.sites import open_sites
from proteingraph.errors import ConfigError, WeightsError
from proteingraph.tasks import TaskModel


def test_tasks_of_another_kind_are_refused(quality_folder, sites_folder, test_files):
    file = test_files / "1aki.cif"
    with pytest.raises(ConfigError, match=r"small_sites: .* 'site' \(binary of each residue\)"):
        predict_quality(file, sites_folder)
    with pytest.raises(ConfigError, match=r"'lDDT' \(bounded regression of each residue\)"):
        predict_sites(file, quality_folder)


def test_further_features_are_named(features_folder):
    with pytest.raises(ConfigError, match=r"\(conservation, depth\), which a structure file does"):
        open_sites(features_folder)


def test_names_that_nothing_has(tmp_path):
    with pytest.raises(WeightsError, match="'quality_bose' is no model of the zoo"):
        open_quality("quality_bose")
    with pytest.raises(WeightsError, match="no folder of a trained task"):
        open_sites(tmp_path)


def test_fingerprint_tells_weights_and_calibration(sites_folder, tmp_path):
    ours = open_sites(sites_folder)
    copy = TaskModel.from_pretrained(sites_folder)
    copy.save_pretrained(tmp_path / "copy")
    same = open_sites(tmp_path / "copy")
    assert (same.fingerprint, same.name) == (ours.fingerprint, "copy")
    copy.calibration.temperature *= 2
    copy.save_pretrained(tmp_path / "calibrated")
    with torch.no_grad():
        next(copy.task.head.parameters()).add_(1e-3)
    copy.save_pretrained(tmp_path / "trained")
    others = [open_sites(tmp_path / name).fingerprint for name in ("calibrated", "trained")]
    assert len({ours.fingerprint, *others}) == 3
