"""The corpus of comparative models: labels, segments, and splits that leak nothing."""

from __future__ import annotations

import shutil
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.common.decoys import load_decoys, load_natives
from proteingraph.errors import DatasetError
from proteingraph.geometry import lddt_ca


@pytest.fixture(scope="module")
def decoys(data_root: Path):
    return load_decoys(data_root)


def test_all_are_there_with_their_labels(decoys):
    assert sum(len(pack) for pack in decoys.values()) == 2123
    targets = {name: len(set(pack.label("target"))) for name, pack in decoys.items()}
    assert targets == {"train": 182, "validation": 30, "test": 53}
    for pack in decoys.values():
        assert set(pack.label("kind")) >= {"homology", "register_shift", "wrong_fold"}
        for name in ("lddt", "lddt_full"):
            assert 0 <= pack.columns[name].min() and pack.columns[name].max() <= 1
        for name in ("gdt_ts", "tm_score", "coverage"):
            assert 0 <= pack.values[name].min() and pack.values[name].max() <= 1


@pytest.mark.parametrize("what", ["target", "split_group", "cluster40"])
def test_no_group_is_in_two_splits(decoys, what):
    groups = {name: set(pack.label(what)) - {""} for name, pack in decoys.items()}
    for first, second in combinations(groups, 2):
        assert groups[first] and not groups[first] & groups[second]


@pytest.mark.parametrize("what", ["split_group", "cluster40"])
def test_a_divided_group_is_refused(data_root: Path, tmp_path: Path, what):
    for name in ("decoys.npz", "decoys.tsv", "decoy_targets.tsv"):
        shutil.copyfile(data_root / name, tmp_path / name)
    lines = (tmp_path / "decoy_targets.tsv").read_text().splitlines()
    header = lines[0].split("\t")
    rows = [line.split("\t") for line in lines[1:]]
    column, split = header.index(what), header.index("split")
    train = next(row for row in rows if row[split] == "train")
    test = next(row for row in rows if row[split] == "test")
    test[column] = train[column]
    text = "\n".join("\t".join(row) for row in [header, *rows])
    (tmp_path / "decoy_targets.tsv").write_text(text + "\n")
    with pytest.raises(DatasetError, match=f"{what} '.*' is in both"):
        load_decoys(tmp_path)
    with pytest.raises(DatasetError, match=f"{what} '.*' is in both"):
        load_natives(tmp_path)


def test_labels_are_those_of_the_coordinates(decoys, data_root: Path):
    natives = {native.name: native for native in load_natives(data_root)["test"]}
    pack = decoys["test"]
    for number in range(0, len(pack), len(pack) // 8):
        data = pack[number]
        native = natives[data.target]
        rows = data.residue_number - 1
        assert torch.equal(native.residue_type[rows], data.residue_type)
        scores = lddt_ca(data.pos, native.pos[rows], per_residue=True)
        # Coordinates are rounded to 0.01 Å, labels to half precision.
        torch.testing.assert_close(scores, data.lddt, atol=0.02, rtol=0)
        whole = lddt_ca(data.pos, native.pos[rows])
        assert float(whole) == pytest.approx(float(data.lddt_modelled), abs=0.05)


def test_gaps_and_breaks_end_segments(decoys):
    pack = decoys["validation"]
    parted = 0
    for data in pack.subset(np.arange(0, len(pack), 4)):
        within = data.segment[1:] == data.segment[:-1]
        assert ((data.segment[1:] - data.segment[:-1])[~within] == 1).all()
        assert (data.residue_number[1:] - data.residue_number[:-1])[within].eq(1).all()
        bond = (data.backbone[1:, 0] - data.backbone[:-1, 2]).norm(dim=1)
        assert (bond[within] <= 2.5).all() and data.segment[0] == 0
        parted += int((~within).sum())
    assert parted > 10


def test_without_backbone(data_root: Path, decoys):
    few = load_decoys(data_root, backbone=False)["validation"]
    assert not few.pack.has_backbone
    assert torch.equal(few[3].pos, decoys["validation"][3].pos)
    assert torch.equal(few[3].segment, decoys["validation"][3].segment)


def test_missing_corpus_is_named(tmp_path: Path):
    with pytest.raises(DatasetError, match=r"decoys\.npz"):
        load_decoys(tmp_path)
