"""The corpora of interaction sites: labels, features, and splits that leak nothing."""

from __future__ import annotations

import shutil
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.common.annotated import read_table
from benchmarks.common.sites import load_graphppis, load_ppbs
from proteingraph.errors import DatasetError


@pytest.fixture(scope="module")
def graphppis(data_root: Path):
    return load_graphppis(data_root)


@pytest.fixture(scope="module")
def ppbs(data_root: Path):
    return load_ppbs(data_root)


def test_graphppis_is_split_as_published(graphppis, data_root: Path):
    sizes = {name: len(pack) for name, pack in graphppis.items()}
    assert sizes["train"] + sizes["validation"] == 327 and sizes["test"] == 58
    assert 33 <= sizes["validation"] < 45
    with np.load(data_root / "ppi_sites_graphppis.npz") as file:
        published = dict(zip(file["chain"].tolist(), file["split"].tolist(), strict=True))
        labels = {
            name: piece
            for name, piece in zip(
                file["chain"].tolist(),
                np.split(file["label"], np.cumsum(file["length"])[:-1]),
                strict=True,
            )
        }
    for split, pack in graphppis.items():
        names = pack.pack.names.tolist()
        assert {published[name] for name in names} == {
            "Test_60" if split == "test" else "Train_335"
        }
        for name, site in zip(names, pack.each("site"), strict=True):
            assert np.array_equal(site, labels[name])


def test_graphppis_validates_on_clusters_of_its_own(graphppis, data_root: Path):
    clusters = {name: set(pack.label("cluster")) - {""} for name, pack in graphppis.items()}
    assert not clusters["train"] & clusters["validation"]
    other = load_graphppis(data_root, validation=0.2, seed=1)
    assert len(other["validation"]) >= 66
    assert np.array_equal(other["test"].pack.names, graphppis["test"].pack.names)


def test_graphppis_has_its_features(graphppis):
    data = graphppis["test"][0]
    assert data.pssm.shape == data.hmm.shape == (data.num_nodes, 20)
    assert data.dssp.shape == (data.num_nodes, 14) and data.handedness.shape == (1,)
    assert data.pssm.dtype == torch.float32 and data.pssm.isfinite().all()
    assert data.site_mask.all() and 0 < data.site.sum() < data.num_nodes
    step = (data.pos[1:] - data.pos[:-1]).norm(dim=1)
    within = data.segment[1:] == data.segment[:-1]
    assert (step[within] <= 4.5).all() and (step[~within] > 4.5).all()
    assert step[within].median() == pytest.approx(3.8, abs=0.05)


def test_ppbs_labels_fit_their_chains(ppbs, data_root: Path):
    assert {name: len(pack) for name, pack in ppbs.items()} == {
        "train": 740,
        "validation": 100,
        "test": 200,
    }
    table = read_table(data_root / "ppi_sites_ppbs.tsv", "chain").set_index("chain")
    pack = ppbs["test"]
    for number in (0, 77, 199):
        data = pack[number]
        text = table.loc[data.name].iloc[-1]
        assert "".join("?01"[value + 1] for value in data.site.tolist()) == text
        assert data.site_mask.tolist() == [letter != "?" for letter in text]
    assert not ppbs["train"].columns["site_mask"].all()


def test_ppbs_splits_share_no_cluster(ppbs):
    clusters = {name: set(pack.label("cluster40")) - {""} for name, pack in ppbs.items()}
    for first, second in combinations(clusters, 2):
        assert clusters[first] and not clusters[first] & clusters[second]


@pytest.mark.slow
def test_nothing_near_test_60_is_trained_on_unless_asked_for(ppbs, graphppis, data_root: Path):
    overlap = read_table(data_root / "ppi_overlap.tsv", "chain", "ppi_chain", "ppi_split")
    near = set(overlap.loc[overlap["ppi_split"] == "Test_60", "chain"])
    entries = {name[:4] for name in graphppis["test"].pack.names.tolist()}
    for pack in ppbs.values():
        names = set(pack.pack.names.tolist())
        assert not names & near and not {name[:4] for name in names} & entries
        assert set(pack.label("near_test_60")) == {"0"}
    everything = load_ppbs(data_root, near_test_60=True, backbone=False)
    extra = set(everything["train"].pack.names.tolist()) - set(ppbs["train"].pack.names.tolist())
    assert len(extra) == 17
    assert len(everything["test"]) == 200 and not everything["test"].pack.has_backbone


def copied(data_root: Path, folder: Path) -> Path:
    for name in ("ppi_sites_ppbs.tsv", "chains.tsv", "splits.tsv", "ppi_overlap.tsv"):
        shutil.copyfile(data_root / name, folder / name)
    (folder / "chains.npz").symlink_to(data_root / "chains.npz")
    return folder


def test_a_divided_cluster_is_refused(data_root: Path, tmp_path: Path, ppbs):
    root = copied(data_root, tmp_path)
    first, second = (str(ppbs[split].pack.names[0]) for split in ("train", "test"))
    rows = [line.split("\t") for line in (root / "chains.tsv").read_text().splitlines()]
    column = rows[0].index("cluster40")
    cluster = next(row[column] for row in rows if row[0] == first)
    for row in rows:
        if row[0] == second:
            row[column] = cluster
    (root / "chains.tsv").write_text("\n".join(map("\t".join, rows)) + "\n")
    with pytest.raises(DatasetError, match=f"cluster40 '{cluster}' is in both"):
        load_ppbs(root)


@pytest.mark.slow
def test_labels_that_do_not_fit_are_named(data_root: Path, tmp_path: Path, ppbs):
    root = copied(data_root, tmp_path)
    name = str(ppbs["train"].pack.names[1])
    path = root / "ppi_sites_ppbs.tsv"
    lines = path.read_text().splitlines()
    path.write_text(
        "\n".join(line[:-1] if line.startswith(name) else line for line in lines) + "\n"
    )
    with pytest.raises(DatasetError, match=rf"{name} needs \d+ labels out of 0, 1 and \?"):
        load_ppbs(root)


def test_missing_corpora_are_named(tmp_path: Path):
    with pytest.raises(DatasetError, match=r"ppi_sites_graphppis\.npz"):
        load_graphppis(tmp_path)
    with pytest.raises(DatasetError, match=r"ppi_sites_ppbs\.tsv"):
        load_ppbs(tmp_path)
