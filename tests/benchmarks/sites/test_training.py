"""Trainings on interface sites: what they are given, and that they are kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.common.annotated import AnnotatedPack, read_table
from benchmarks.common.sites import resembling
from benchmarks.sites.sites import SETTINGS
from benchmarks.sites.training import (
    FEATURES,
    Job,
    choose,
    examples_of,
    feature_names,
    load_data,
    read_settings,
    run_job,
)
from proteingraph.datasets import load_cath_scop_mini
from proteingraph.errors import ConfigError
from proteingraph.pretrain import DenoisingModel
from proteingraph.tasks import TaskModel


@pytest.fixture(scope="module")
def pack() -> AnnotatedPack:
    """Shipped domains with made-up sites and features."""
    domains = load_cath_scop_mini()
    few = domains.subset(np.argsort(domains.lengths)[20:32]).trace()
    random = np.random.default_rng(0)
    size = few.num_residues
    features = {
        name: random.normal(size=(size, width))
        for name, width in zip(FEATURES, (3, 2, 1), strict=True)
    }
    site = random.integers(0, 2, size)
    return AnnotatedPack(few, {"site": site, **features})


def test_fewer_labels_get_fewer_steps_and_tracks_their_own_settings():
    settings = read_settings(SETTINGS)
    whole, quarter = (settings.of(Job("finetune", 0, share=s)) for s in (1.0, 0.25))
    assert (quarter.steps, quarter.probe_steps) == (whole.steps // 2, whole.probe_steps // 2)
    assert replace(quarter, steps=whole.steps, probe_steps=whole.probe_steps) == whole
    evolutionary = settings.of(Job("frozen", 3, track="evolutionary"))
    assert evolutionary.surroundings == settings.evolutionary["surroundings"]
    assert (evolutionary.mode, evolutionary.seed) == ("frozen", 3)
    again, scratch = (settings.of(Job(mode, 0, "both")) for mode in ("finetune", "scratch"))
    assert again == scratch == whole  # both have been trained on PPBS before


def test_settings_that_are_unknown_are_refused(tmp_path: Path):
    path = tmp_path / "sites.yaml"
    path.write_text(SETTINGS.read_text().replace("dropout", "drop_out"), encoding="utf-8")
    with pytest.raises(ConfigError, match="drop_out"):
        read_settings(path)


def test_a_smaller_share_is_part_of_a_larger(pack):
    examples = examples_of(pack, "structure")
    few, more = (set(choose(examples, s, 1).corpus.names.tolist()) for s in (0.25, 0.75))
    assert len(few) == 3 and len(more) == 9 and few < more
    assert few != set(choose(examples, 0.25, 2).corpus.names.tolist())


def test_labels_and_features_stay_with_their_chains(pack):
    told = examples_of(pack, "evolutionary")
    assert told.corpus.names.tolist() == pack.pack.names.tolist()
    assert np.array_equal(np.concatenate(told.labels), pack.columns["site"])
    expected = np.concatenate([pack.columns[name] for name in FEATURES], axis=1)
    np.testing.assert_array_equal(np.concatenate(told.features), expected)
    assert len(feature_names(pack)) == expected.shape[1] == 6
    assert examples_of(pack, "structure").features is None


def test_nothing_is_judged_that_resembles_what_was_trained_on(data_root: Path):
    both, alone, ppbs = (load_data(name, data_root) for name in ("both", "graphppis", "ppbs"))
    assert set(ppbs["train"].label("near_test_60")) == {"0"}
    for split in ("train", "test"):
        assert both[split].pack.names.tolist() == alone[split].pack.names.tolist()
    kept, all_of = (set(packs["validation"].pack.names.tolist()) for packs in (both, alone))
    assert kept < all_of and len(kept) > len(all_of) / 2
    known = [ppbs[split].pack.names for split in ("train", "validation")]
    near = resembling(data_root, sorted(all_of), np.concatenate(known))
    assert kept == set(np.array(sorted(all_of))[~near].tolist())
    # Of itself a chain of the corpus is of its own cluster.
    table = read_table(data_root / "ppi_overlap.tsv", "chain", "ppi_chain")
    assert resembling(data_root, table["ppi_chain"][:5], table["chain"][:5]).all()
    assert not resembling(data_root, sorted(kept), known[0]).any()
    assert not resembling(data_root, alone["test"].pack.names, known[0]).any()


def test_a_training_goes_on_from_that_on_ppbs(data_root: Path, weights: Path, tmp_path: Path):
    read = read_settings(SETTINGS)
    short = replace(
        read.training, steps=20, validate_every=20, probe_steps=0, hidden=8, residues=300
    )
    few = {"steps": 2, "probe_steps": 0}
    settings = replace(read, training=short, ppbs=few, ppbs_finetune={})
    job = Job("frozen", 0, "both", share=0.01)
    run_job(job, weights, data_root, settings, tmp_path)
    before, after = (
        TaskModel.from_pretrained(tmp_path / name).task.model.encoder.state_dict()
        for name in ("ppbs_structure_100_finetune_0", job.name)
    )
    start = DenoisingModel.from_pretrained(weights).encoder.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert not all(torch.equal(before[name], start[name]) for name in before)


def test_a_training_is_kept_and_one_of_other_settings_refused(
    data_root: Path, weights: Path, tmp_path: Path
):
    read = read_settings(SETTINGS)
    settings = replace(
        read, training=replace(read.training, steps=40, validate_every=40, probe_steps=0, hidden=8)
    )
    job = Job("frozen", 0, share=0.05)
    record = run_job(job, weights, data_root, settings, tmp_path)
    assert record["chains"] == round(0.05 * 294) or record["chains"] > 5
    assert 0 < record["test"]["auprc"] < 1 and record["test"]["count"] > 10_000
    task = TaskModel.from_pretrained(tmp_path / job.name)
    assert task.threshold == record["test"]["threshold"]
    with np.load(tmp_path / job.name / "test.npz") as known:
        assert len(known["probability"]) == record["test"]["count"]
    assert run_job(job, weights, data_root, settings, tmp_path) == record
    with pytest.raises(ConfigError, match="settings"):
        run_job(
            job, weights, data_root, replace(settings, sigma=1.0, training=read.training), tmp_path
        )
