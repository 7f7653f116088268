"""Predicted sites: partners that are not seen, thresholds, and residues as ranges."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from proteingraph.assess import predict_sites
from proteingraph.assess.sites import open_sites, residue_ranges
from proteingraph.errors import ConfigError
from proteingraph.io import cut_ranges, read_structure


@pytest.fixture(scope="module")
def two_chains(test_files):
    return read_structure(test_files / "5zng.cif.gz")


def test_a_bound_partner_is_not_seen(sites_folder, two_chains):
    task = open_sites(sites_folder)
    bound = predict_sites(two_chains, task)
    chain = two_chains.chain == "A"
    alone = predict_sites(two_chains.select(chain), task)
    np.testing.assert_allclose(bound.values[chain], alone.values, atol=1e-6)


def test_residues_of_a_known_interface_come_first(sites_folder, test_files, two_chains):
    """It was trained on chain A: on that it must be better than guessing."""
    from proteingraph.datasets.sites import interface_labels

    site = interface_labels(two_chains).label[two_chains.chain == "A"]
    values = predict_sites(two_chains, sites_folder).values[two_chains.chain == "A"]
    higher = values[site][:, None] > values[~site]
    assert higher.mean() > 0.7  # the area under the ROC curve


def test_threshold(sites_folder, two_chains):
    task = open_sites(sites_folder)
    own = predict_sites(two_chains, task)
    assert own.threshold == task.task.threshold
    np.testing.assert_array_equal(own.called, own.values >= own.threshold)
    assert predict_sites(two_chains, task, 0).called.all()
    chosen = replace(task, task=replace(task.task, threshold=None))
    assert predict_sites(two_chains, chosen).threshold == 0.5
    with pytest.raises(ConfigError, match=r"from 0 to 1, got 1\.5"):
        predict_sites(two_chains, task, 1.5)


def test_ranges(two_chains):
    size = len(two_chains)
    number = np.arange(size, dtype=np.int32) - 2
    code = np.full(size, "", "<U1")
    number[12], code[12] = 9, "A"
    number[13:] -= 1
    chain = np.where(np.arange(size) < 30, "A", "B")
    segment = (np.arange(size) >= 20).astype(np.int64) + (np.arange(size) >= 30)
    odd = replace(
        two_chains, residue_number=number, insertion_code=code, chain=chain, segment=segment
    )
    chosen = np.zeros(size, dtype=bool)
    chosen[[0, 1, 5, 12, 18, 19, 20, 21, 29, 30]] = True
    told = residue_ranges(odd, chosen)
    assert told == ["-2--1", "3", "9A", "15-16", "17-18", "26", "27"]
    part = cut_ranges(odd, ",".join(f"A:{text}" for text in told[:-1]))
    np.testing.assert_array_equal(part.residue_number, number[chosen & (chain == "A")])
    assert residue_ranges(odd, np.zeros(size, dtype=bool)) == []


def test_record(sites_folder, two_chains):
    prediction = predict_sites(two_chains, sites_folder)
    prediction.values[2] = np.nan
    record = prediction.to_dict()
    assert len(record["residues"]) == len(two_chains) - 1
    called = [residue["called"] for residue in record["residues"]]
    assert called == np.delete(prediction.called, 2).tolist() and 0 < sum(called) < len(called)
    assert [chain["expected"] for chain in record["chains"]] == pytest.approx(
        [np.nansum(prediction.values[two_chains.chain == chain]) for chain in "AC"], abs=0.06
    )
    assert [chain["called"] for chain in record["chains"]] == [
        int(prediction.called[two_chains.chain == chain].sum()) for chain in "AC"
    ]
    listed = record["chains"][0]["ranges"]
    part = cut_ranges(two_chains, ",".join(f"A:{text}" for text in listed))
    assert len(part) == record["chains"][0]["called"]
