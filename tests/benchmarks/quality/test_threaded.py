"""Threaded models: alignments, labels, and no relatives of held-out targets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.quality.threaded import (
    align_by_sequence,
    align_by_structure,
    load_natives_to_thread,
    shift_block,
    thread,
)
from proteingraph.datasets import ChainPack, load_cath_scop_mini
from proteingraph.errors import DatasetError
from proteingraph.geometry import lddt_ca
from proteingraph.io.alphabet import decode_sequence


@pytest.fixture(scope="module")
def domains() -> ChainPack:
    """Domains of a few superfamilies, as the full corpus names these."""
    pack = load_cath_scop_mini()
    codes = np.asarray(pack.labels["cath_code"])
    commonest = np.unique(codes, return_counts=True)
    chosen = commonest[0][np.argsort(-commonest[1])[:4]]
    rows = np.concatenate([np.flatnonzero(codes == code)[:4] for code in chosen])
    pack = pack.subset(rows).trace()
    return ChainPack(
        pack.coordinates,
        pack.residue_type,
        pack.starts,
        pack.names,
        labels={"superfamily": np.asarray(pack.labels["cath_code"])},
        segment=pack.segment,
    )


def test_labels_are_those_of_the_coordinates(domains):
    models = thread(domains, 24, seed=3)
    assert set(models.label("kind")) > {"by_structure", "wrong_fold"}
    natives = {native.name: native for native in domains}
    for model in models:
        native, rows = natives[model.target], model.residue_number - 1
        assert (rows[1:] > rows[:-1]).all() and len(rows) >= 40
        assert torch.equal(model.residue_type, native.residue_type[rows])
        expected = lddt_ca(model.pos, native.pos[rows], per_residue=True)
        torch.testing.assert_close(model.lddt, expected)
        within = model.segment[1:] == model.segment[:-1]
        step = (model.pos[1:] - model.pos[:-1]).norm(dim=1)
        assert torch.equal(within, (rows[1:] - rows[:-1] == 1) & (step <= 4.5))


def test_kinds_differ_in_quality(domains):
    models = thread(domains, 60, seed=1)
    means = np.array([one.mean() for one in models.each("lddt")])
    by_kind = {kind: means[models.label("kind") == kind].mean() for kind in models.label("kind")}
    assert by_kind["native"] == 1
    assert by_kind["wrong_fold"] < 0.4 < by_kind["by_structure"]


def test_the_seed_tells_all(domains):
    one, two, other = (thread(domains, 8, seed=seed) for seed in (5, 5, 6))
    assert np.array_equal(one.pack.coordinates, two.pack.coordinates)
    assert one.pack.names.tolist() != other.pack.names.tolist()


def test_domains_without_relatives_are_refused(domains):
    alone = domains.subset([0, 4, 8])
    with pytest.raises(DatasetError, match="relatives"):
        thread(alone, 1)


def test_alignments_pair_equal_residues(domains):
    data = domains[0]
    pos, sequence = data.pos.double().numpy(), decode_sequence(data.residue_type.numpy())
    size = len(sequence)
    cut = (np.delete(pos, slice(30, 34), 0), sequence[:30] + sequence[34:])
    for align in (align_by_structure, align_by_sequence):
        target, template = align((pos, sequence), cut)
        assert len(target) >= size - 8
        right = template == target - 4 * (target >= 34)
        assert right.mean() > 0.95


def test_a_block_is_moved_along_the_template():
    places = np.tile(np.arange(60), (2, 1))
    for seed in range(20):
        target, template = shift_block(places, 60, np.random.default_rng(seed))
        moved = np.flatnonzero(template != target)
        shift = np.unique((template - target)[moved])
        assert len(shift) == 1 and 1 <= abs(shift[0]) <= 4 and 4 <= len(moved) <= 30
        assert (np.diff(target) >= 1).all() and (np.diff(template) >= 1).all()
        assert 0 <= template.min() and template.max() < 60
        assert np.diff(moved).tolist() == [1] * (len(moved) - 1)


def test_relatives_of_held_out_targets_are_left_out_or_refused(data_root: Path, tmp_path: Path):
    names = ("chains.npz", "chains.tsv", "domains.tsv", "splits.tsv", "decoy_targets.tsv")
    for name in names:
        (tmp_path / name).symlink_to((data_root / name).resolve())
    domains = load_natives_to_thread(tmp_path)
    assert len(domains) > 5000 and domains.lengths.min() >= 60 and domains.lengths.max() <= 300
    lines = (data_root / "decoy_targets.tsv").read_text().splitlines()
    header = lines[0].split("\t")
    split, cath, scope = (header.index(name) for name in ("split", "cath", "scope"))
    rows = [line.split("\t") for line in lines[1:]]
    held = {
        code
        for row in rows
        if row[split] != "train"
        for column in (cath, scope)
        for code in row[column].split(",")
    }
    families = set(domains.labels["superfamily"].tolist())
    assert len(families) > 500 and not families & held
    # A target that is held out although domains of its cluster may be trained on.
    held_out = next(row for row in rows if row[split] == "test")
    held_out[header.index("cluster40")] = next(c for c in domains.labels["cluster40"] if c)
    (tmp_path / "decoy_targets.tsv").unlink()
    text = "\n".join("\t".join(row) for row in [header, *rows])
    (tmp_path / "decoy_targets.tsv").write_text(text + "\n")
    with pytest.raises(DatasetError, match=r"cluster40 '.*' is in both"):
        load_natives_to_thread(tmp_path)
