"""Sites on the partners of complexes: labels in both states, figures, and a whole run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.sites.complexes import by_length, judge, main, trained_on
from benchmarks.sites.partners import Partner, match_chains, read_partners
from proteingraph.datasets.sites import interface_between
from proteingraph.errors import DatasetError
from proteingraph.io import Structure, read_structure, write_structure


def free(bound: Structure, left_out: slice) -> Structure:
    """The same protein elsewhere, under another name and numbering, with a gap."""
    rows = np.delete(np.arange(len(bound)), left_out)
    other = bound.select(rows)
    number = np.arange(len(other), dtype=np.int32) + 500
    chain = np.full(len(other), "Z")
    return replace(other, chain=chain, residue_number=number, atom_coord=other.atom_coord + 9)


@pytest.fixture(scope="module")
def folder(test_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A complex, whose free partners lack some residues."""
    folder = tmp_path_factory.mktemp("complexes") / "files"
    folder.mkdir()
    for side, left_out in (("r", slice(3, 8)), ("l", slice(40, 44))):
        bound = read_structure(test_files / f"1GCQ_{side}_b.pdb.gz")
        write_structure(bound, folder / f"1GCQ_{side}_b.pdb")
        write_structure(free(bound, left_out), folder / f"1GCQ_{side}_u.pdb")
    return folder


def test_sites_of_the_complex_are_found_in_free_partners(folder):
    partners = list(read_partners(folder))
    assert [(one.complex, one.side) for one in partners] == [
        ("1GCQ", "receptor"),
        ("1GCQ", "ligand"),
    ]
    both = [read_structure(one.files["bound"]) for one in partners]
    labels = interface_between(*both, "buried area")
    for one, bound, label, left_out in zip(
        partners, both, labels, (range(3, 8), range(40, 44)), strict=True
    ):
        assert one.rows["bound"].tolist() == [n for n in range(len(bound)) if n not in left_out]
        assert one.rows["unbound"].tolist() == list(range(len(bound) - len(left_out)))
        np.testing.assert_array_equal(one.site, label.label[one.rows["bound"]])
        assert one.site.any() and one.sequence == bound.sequence


def test_chains_are_paired_by_their_sequences(folder):
    receptor, ligand = (read_structure(folder / f"1GCQ_{side}_b.pdb") for side in "rl")
    pairs = list(match_chains(receptor, receptor))
    assert len(pairs) == 1 and pairs[0][2][0].tolist() == list(range(len(receptor)))
    with pytest.raises(DatasetError, match="has no chain like"):
        list(match_chains(receptor, ligand.select(slice(0, 0))))


def test_a_side_of_two_chains_is_not_a_partner_of_its_own(folder, test_files, tmp_path):
    """The whole complex as receptor: what its chains bury of each other is no site."""
    names = ("r_b", "r_u", "l_b", "l_u")
    whole = read_structure(test_files / "5zng.pdb.gz")
    far = read_structure(test_files / "1aki.pdb")
    far = replace(far, atom_coord=far.atom_coord + 1000)
    for name, one in zip(names, (whole, whole, far, far), strict=True):
        write_structure(one, tmp_path / f"5ZNG_{name}.pdb")
    partners = list(read_partners(tmp_path))
    assert [one.chain for one in partners] == [*whole.chain_ids, *far.chain_ids]
    assert not any(one.site.any() for one in partners)
    assert sum(len(one.site) for one in partners[:-1]) < len(whole) - 20
    assert len(partners[-1].site) == len(far)


def test_without_complexes_there_is_nothing_to_judge(tmp_path):
    with pytest.raises(DatasetError, match="no complexes"):
        list(read_partners(tmp_path))


def chain(size: int, sites: int) -> Partner:
    rows = np.arange(size)
    both = {"bound": rows, "unbound": rows}
    return Partner("1XYZ", "receptor", "A", "A" * size, {}, both, rows < sites)


def test_figures_over_residues_and_over_chains():
    partners = [chain(4, 1), chain(300, 30), chain(50, 0)]
    told = [{"bound": -np.arange(len(one.site)) / 400.0 + 1} for one in partners]
    told = [{name: one.astype(np.float32) for name, one in values.items()} for values in told]
    found = judge(partners, told, "bound")
    assert found["mean"] == {"positives": pytest.approx(0.175), "auprc": 1.0, "auroc": 1.0}
    assert found["pooled"]["positives"] == pytest.approx(31 / 354)
    assert found["pooled"]["auprc"] < 1 and found["chains_with_sites"] == 2


def test_shares_called_by_length():
    partners = [chain(99, 10), chain(100, 20), chain(200, 0)]
    told = [
        {state: np.linspace(0, 1, len(one.site)) for state in ("bound", "unbound")}
        for one in partners
    ]
    short, middle = by_length(partners, told, 0.25)
    assert (short["chains"], middle["chains"]) == (1, 2)
    assert short["site"] == pytest.approx(10 / 99) and middle["site"] == pytest.approx(20 / 300)
    assert short["bound"]["called"] == pytest.approx(0.75, abs=0.01)
    assert middle["unbound"]["chains_mostly_called"] == 2


def test_chains_trained_on_are_known_by_their_sequences(data_root: Path):
    known = trained_on(data_root)
    assert sum("_" not in name for name in known) == 327 and len(known) > 900
    assert set("".join(known.values())) <= set("ACDEFGHIKLMNPQRSTVWYX")


def test_a_run_leaves_a_record(folder, data_root: Path, sites_folder: Path, tmp_path: Path):
    for path in data_root.iterdir():
        if path.name != "files":
            (tmp_path / path.name).symlink_to(path)
    (tmp_path / "files").symlink_to(folder)
    output = tmp_path / "complexes.json"
    options = ["--weights", str(sites_folder), "--data-root", str(tmp_path), "--threads", "1"]
    main([*options, "--json", str(output)])
    record = json.loads(output.read_text("utf-8"))
    assert [one["nearest_trained_on"] for one in record["chains"]] == ["1gcqB", "1gcqC"]
    assert list(record["sets"]) == ["all"]  # both were trained on
    found = record["sets"]["all"]
    assert found["chains"] == 2 and 0 < found["unbound"]["pooled"]["auprc"] < 1
    assert [one["residues"] for one in found["by_length"]] == ["under 100"]
