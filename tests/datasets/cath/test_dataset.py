"""The data set, made of a small release in the layout of the true ones."""

from __future__ import annotations

import json
import logging
import shutil
import tarfile

import numpy as np
import pytest
import torch
from torch_geometric.loader import DataLoader

from proteingraph.datasets.cath import CATH
from proteingraph.datasets.hierarchy import SPLITS, split_of_code
from proteingraph.errors import DatasetError, DownloadError

BROKEN, OBSOLETE, UNLISTED = "1brkB02", "1obsA00", "9xyzA00"
AWAY = "http://127.0.0.1:9/cath/releases"
PLACE = "cath/releases/all-releases/v4_3_0"
STEM = "cath-dataset-nonredundant-S40-v4_3_0"
ARCHIVE = f"{PLACE}/non-redundant-data-sets/{STEM}.pdb.tgz"


@pytest.fixture
def mirror(serve, server_folder):
    """Server of the small release, and its address of releases."""
    server = serve(server_folder)
    server.releases = f"{server.url}/cath/releases"
    return server


@pytest.fixture(scope="module")
def root(tmp_path_factory, server_folder):
    """Folder of a data set whose raw files were put there by hand."""
    folder = tmp_path_factory.mktemp("cath")
    (folder / "raw").mkdir()
    for path in server_folder.rglob("*"):
        if path.is_file():
            shutil.copy(path, folder / "raw" / path.name)
    CATH(folder, base_url=AWAY)
    return folder


def test_a_release_is_downloaded_and_read(mirror, tmp_path, shipped):
    dataset = CATH(tmp_path, base_url=mirror.releases)
    assert [path for path, _ in mirror.asked] == [
        f"{PLACE}/cath-classification-data/cath-domain-list-v4_3_0.txt",
        f"{PLACE}/non-redundant-data-sets/{STEM}.list",
        ARCHIVE,
    ]
    assert repr(dataset) == f"CATH({len(shipped)})"
    by_name = shipped.subset(np.argsort(shipped.names))
    for graph, domain in zip(dataset, by_name, strict=True):
        assert graph.name == domain.name
        assert graph.cath_code == graph.cath_superfamily == domain.cath_code
        assert graph.cath_topology == domain.cath_topology
        assert graph.cath_s35.startswith(f"{graph.cath_code}.")
        assert graph.chain_name == domain.chain_name
        assert torch.equal(graph.residue_type, domain.residue_type)
        assert torch.equal(graph.residue_number, domain.residue_number)
        assert torch.equal(graph.backbone_mask, domain.backbone_mask)
        assert torch.allclose(graph.pos, domain.pos, atol=0.006)


def test_what_was_made_is_used_again(mirror, tmp_path):
    first = CATH(tmp_path, base_url=mirror.releases)
    shutil.rmtree(tmp_path / "raw")
    again = CATH(tmp_path, base_url=AWAY)
    assert [graph.name for graph in again] == [graph.name for graph in first]
    assert again.failures == first.failures
    with pytest.raises(DownloadError, match="404"):
        CATH(tmp_path, base_url=mirror.url, force_reload=True)


def test_files_put_there_by_hand_are_used(root):
    assert len(CATH(root, base_url=AWAY, force_reload=True)) > 50
    assert len(CATH(root, version="latest", base_url=AWAY)) == 30
    assert len(CATH(root, representatives="S20", base_url=AWAY)) < 35


def test_what_is_left_out_is_listed_with_reasons(root, caplog):
    with caplog.at_level(logging.WARNING):
        failures = CATH(root, force_reload=True).failures
    reasons = {failure.reason[:7]: failure.reason for failure in failures}
    assert set(reasons) == {BROKEN, OBSOLETE, UNLISTED}
    assert reasons[OBSOLETE].endswith("not in the archive (CATH lists its PDB entry as obsolete)")
    assert reasons[UNLISTED].endswith("not in the domain list")
    assert "obsolete" not in reasons[BROKEN]
    assert "3 structures were left out" in caplog.text


@pytest.mark.parametrize("split_by", ["architecture", "topology", "superfamily", "s35"])
def test_no_code_is_on_both_sides(root, split_by):
    splits = {split: CATH(root, split=split, split_by=split_by) for split in SPLITS}
    codes = {s: {graph[f"cath_{split_by}"] for graph in splits[s]} for s in SPLITS}
    assert not codes["train"] & codes["validation"]
    assert not codes["train"] & codes["test"]
    assert not codes["validation"] & codes["test"]
    assert sum(map(len, splits.values())) == len(CATH(root))
    assert all(graph.split == split for split in SPLITS for graph in splits[split])


def test_the_level_says_what_splits_are_by_unless_told(root):
    assert CATH(root, level="superfamily").split_by == "superfamily"
    assert CATH(root, level="topology").split_by == "topology"
    assert CATH(root, level="class").split_by == "topology"


def test_a_topology_is_in_the_same_split_in_every_release(root):
    options = {"fractions": (0.5, 0.25, 0.25), "seed": 7}
    for version, representatives in (("v4_3_0", "S40"), ("v4_3_0", "S20"), ("latest", "S40")):
        dataset = CATH(root, version, "topology", "test", representatives, **options)
        assert len(dataset) > 0
        for graph in dataset:
            assert split_of_code(graph.cath_topology, **options) == "test"


def test_classes_are_numbered_over_all_splits(root, shipped):
    for level, size in (("class", 1), ("superfamily", 4)):
        dataset = CATH(root, level=level, split="train")
        codes = {".".join(code.split(".")[:size]) for code in shipped.labels["cath_code"]}
        assert set(dataset.classes) == codes
        assert all(dataset.classes[graph.y] == graph[f"cath_{level}"] for graph in dataset)
    batch = next(iter(DataLoader(dataset, batch_size=5)))
    assert batch.y.shape == (5,)


def test_classes_have_names(root):
    dataset = CATH(root, level="class", base_url=AWAY)
    names = dict(zip(dataset.classes, dataset.class_names(), strict=True))
    assert (names["1"], names["2"], names["3"]) == ("Mainly Alpha", "Mainly Beta", "")


def test_a_published_split_can_be_used(root, tmp_path, shipped):
    chains = list(dict.fromkeys(f"{name[:4]}.{name[4]}" for name in shipped.names.tolist()))
    split = {"train": chains[:20], "validation": chains[20:25], "test": chains[25:35]}
    path = tmp_path / "chain_set_splits.json"
    path.write_text(json.dumps({**split, "cath_nodes": {}}))
    for name, listed in split.items():
        found = {f"{g.name[:4]}.{g.name[4]}" for g in CATH(root, split=name, split_file=path)}
        assert found == set(listed)
    assert len(CATH(root, split_file=path)) < len(CATH(root))


def test_a_download_that_breaks_off_goes_on(mirror, tmp_path, shipped, monkeypatch):
    monkeypatch.setattr("proteingraph.datasets.download.time.sleep", lambda seconds: None)
    mirror.cut[ARCHIVE] = [100_000]
    assert len(CATH(tmp_path, base_url=mirror.releases)) == len(shipped)
    assert mirror.asked[-1] == (ARCHIVE, "bytes=100000-")


def test_a_server_that_is_away_says_where_to_put_files(tmp_path, monkeypatch):
    monkeypatch.setattr("proteingraph.datasets.download.time.sleep", lambda seconds: None)
    place = tmp_path / "raw" / "cath-domain-list-v4_3_0.txt"
    with pytest.raises(DownloadError, match=rf"cannot be reached.*put it at {place}"):
        CATH(tmp_path, base_url=AWAY)


def test_an_archive_that_is_not_to_be_trusted_is_refused(root, tmp_path):
    shutil.copytree(root / "raw", tmp_path / "set" / "raw")
    with tarfile.open(tmp_path / "set" / "raw" / f"{STEM}.pdb.tgz", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("dompdb/../../../escaped"))
    with pytest.raises(DatasetError, match=r"'dompdb/\.\./\.\./\.\./escaped' would be unpacked"):
        CATH(tmp_path / "set")
    assert not list(tmp_path.rglob("escaped"))
    assert not list(tmp_path.rglob("*.bin"))


def test_domains_can_be_cut_from_entries(tmp_path, test_files, server_folder):
    raw = tmp_path / "raw"
    raw.mkdir()
    rows = ["1akiA01 1 10 530 10 1 1 1 1 1 81 1.5", "1akiA02 1 10 530 10 2 1 1 1 1 48 1.5"]
    rows += ["3o5rA00 3 10 50 40 1 1 1 1 1 128 1.1", "2absA00 3 10 50 40 1 2 1 1 1 128 1000"]
    (raw / "cath-domain-list-v4_3_0.txt").write_text("\n".join(rows))
    (raw / "cath-domain-boundaries-v4_3_0.txt").write_text(
        "1akiA D02 F00 2 A 1 - A 39 - A 88 - A 129 - 1 A 40 - A 87 -\n"
        "3o5rA D01 F00 1 A 13 - A 140 -\n"
    )
    dataset = CATH(tmp_path, representatives=None, entries=test_files, base_url=AWAY)
    assert [graph.name for graph in dataset] == ["1akiA01", "1akiA02", "3o5rA00"]
    assert [graph.num_nodes for graph in dataset] == [81, 48, 128]
    assert [failure.reason[:7] for failure in dataset.failures] == ["2absA00"]
    heads = CATH(tmp_path, representatives="S35", entries=test_files, base_url=AWAY)
    assert [graph.cath_s35 for graph in heads] == [
        "1.10.530.10.1",
        "1.10.530.10.2",
        "3.10.50.40.1",
    ]


def test_filters_and_transforms(root):
    dataset = CATH(
        root,
        pre_filter=lambda graph: graph.cath_class == "3",
        transform=lambda graph: (graph.name, int(graph.y)),
    )
    assert 0 < len(dataset) < len(CATH(root))
    assert {dataset.classes[y][0] for _, y in dataset} == {"3"}
    assert np.all(dataset.pack.labels["cath_class"] == "3")


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"version": "4.3"}, "no CATH version"),
        ({"level": "fold"}, "no level 'fold': choose one of class, architecture"),
        ({"split": "valid"}, "no split 'valid'"),
        ({"split_by": "s40"}, "no level 's40'.*s35"),
        ({"fractions": (0.9, 0.2, 0.1)}, "add up to 1"),
        ({"representatives": "S30"}, "no representatives 'S30'"),
        ({"representatives": "S35"}, "structures of S20 and S40 only.*entries="),
        ({"representatives": None}, "cut all domains from"),
        ({"entries": "https://example.org/pdb"}, r"no \{code\}"),
    ],
)
def test_options_that_do_not_exist_are_refused(tmp_path, options, problem):
    with pytest.raises(DatasetError, match=problem):
        CATH(tmp_path, **options, base_url=AWAY)
    assert not list(tmp_path.rglob("*.bin"))
