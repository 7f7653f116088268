"""Predicted quality: means, intervals and stretches of chains, and models that are told apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from proteingraph.assess import predict_quality
from proteingraph.assess.quality import QualityPrediction, open_quality
from proteingraph.errors import StructureError
from proteingraph.io import read_structure
from proteingraph.tasks.calibration import Interval


@pytest.fixture(scope="module")
def two_chains(test_files):
    """A complex, of which the fourth residue has no CA."""
    structure = read_structure(test_files / "5zng.cif.gz")
    structure.backbone_mask[3, 1] = False
    return structure


@pytest.fixture
def known(two_chains):
    """A prediction that is known: 0.9 in chain A but for a stretch of 5, and 0.5 in chain C."""
    values = np.where(two_chains.chain == "A", 0.9, 0.5).astype(np.float32)
    values[20:25] = 0.1
    values[3] = np.nan
    return QualityPrediction(two_chains, values, "model", "0" * 64, Interval(0.9, 0.2))


def test_worse_models_are_told(quality_folder, test_files):
    native = read_structure(test_files / "1aki.cif")
    task = open_quality(quality_folder)
    moved = native.backbone + np.random.default_rng(0).normal(0, 3, (129, 1, 3)).astype("f4")
    worse = replace(native, backbone=moved)
    assert predict_quality(worse, task).score < predict_quality(native, task).score - 0.1


def test_values_are_those_of_the_task_for_each_chain(quality_folder, two_chains):
    task = open_quality(quality_folder)
    prediction = predict_quality(two_chains, task)
    assert np.flatnonzero(np.isnan(prediction.values)).tolist() == [3]
    for chain in two_chains.chain_ids:
        (alone,) = task.task.predict(two_chains.select(two_chains.chain == chain))
        inside = (two_chains.chain == chain) & prediction.known
        np.testing.assert_allclose(prediction.values[inside], alone.values, atol=1e-6)
    assert prediction.interval == task.task.interval and prediction.interval is not None
    assert (prediction.model, prediction.fingerprint) == ("small_quality", task.fingerprint)


def test_score_is_the_mean_and_intervals_are_of_chains(known):
    sizes = [int((known.structure.chain == chain).sum()) for chain in "AC"]
    means = [(0.9 * (sizes[0] - 6) + 0.1 * 5) / (sizes[0] - 1), 0.5]
    first, second = known.chains()
    assert (first.chain, first.residues, second.residues) == ("A", sizes[0] - 1, sizes[1])
    assert [first.score, second.score] == pytest.approx(means, abs=1e-6)
    assert first.bounds == pytest.approx((means[0] - 0.2, 1.0), abs=1e-6)  # clipped
    assert second.bounds == pytest.approx((0.3, 0.7), abs=1e-6)
    weighted = np.average(means, weights=[sizes[0] - 1, sizes[1]])
    assert known.score == pytest.approx(weighted, abs=1e-6)
    assert known.bounds is None  # that of a mean over several chains is not known
    assert replace(known, interval=None).chains()[1].bounds is None


def test_lowest_stretch(known):
    number = known.structure.residue_number
    assert known.lowest(5) == (f"A:{number[20]}-{number[24]}", pytest.approx(0.1))
    last = known.structure.residue_number[known.structure.chain == "C"]
    assert known.lowest(100)[0] == f"C:{last[0]}-{last[-1]}"


def test_record(known):
    record = known.to_dict()
    assert record["interval"] is None
    assert record["chains"][1]["interval"] == {"level": 0.9, "low": 0.3, "high": 0.7}
    assert len(record["residues"]) == len(known.structure) - 1
    structure = known.structure
    assert record["residues"][3] == {
        "chain": "A",
        "residue_number": structure.residue_number[4],
        "insertion_code": "",
        "residue_name": structure.residue_name[4],
        "lddt": 0.9,
    }
    assert known.b_factors()[[2, 3, 20]] == pytest.approx([90, 0, 10])


def test_nothing_to_predict(quality_folder, two_chains):
    bare = replace(two_chains, backbone_mask=np.zeros_like(two_chains.backbone_mask))
    with pytest.raises(StructureError, match="no residue has a CA"):
        predict_quality(bare, quality_folder)
