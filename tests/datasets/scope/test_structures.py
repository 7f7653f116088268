"""Structures of domains, from files of them and out of whole entries."""

from __future__ import annotations

import tarfile
from dataclasses import replace

import numpy as np
import pytest

from proteingraph.datasets.entries import EntrySource
from proteingraph.datasets.scope import ScopeDomain, cut_domain
from proteingraph.datasets.scope.structures import cut_entries, read_pdbstyle
from proteingraph.errors import DatasetError, StructureError
from proteingraph.io import read_structure

ODDITIES = ("chains", "codes", "whole", "blank", "upper")


def listed(domains):
    """Rows of the classification, without their nodes."""
    return {d.sid: ScopeDomain(d.sid, d.pdb_id, d.region, d.sccs, d.sunid, ()) for d in domains}


def assert_same(structure, expected):
    assert structure.name == expected.name
    assert structure.sequence == expected.sequence
    assert structure.residue_number.tolist() == expected.residue_number.tolist()
    assert structure.insertion_code.tolist() == expected.insertion_code.tolist()
    assert np.array_equal(structure.backbone_mask, expected.backbone_mask)
    assert np.abs(structure.backbone - expected.backbone).max() < 1e-3


@pytest.fixture(scope="module")
def archive(release):
    return release.files["pdbstyle-sel-gs-bib-40-2.08.tgz"]


@pytest.fixture(scope="module")
def from_archive(release, archive):
    """Structures from the archive by `sid`, and what failed."""
    failures = []
    domains = listed(release.domains)
    return {s.name: s for s in read_pdbstyle([archive], domains, failures)}, failures


@pytest.fixture(scope="module")
def from_entries(release, tmp_path_factory):
    """Structures cut out of entries by `sid`, and what failed."""
    failures = []
    source = EntrySource(release.entries, tmp_path_factory.mktemp("downloads"))
    domains = listed(release.domains)
    return {s.name: s for s in cut_entries(source, domains.values(), failures)}, failures


def test_the_release_has_pieces_and_every_oddity(release):
    assert len(release.domains) > 50
    assert set(release.odd) == set(ODDITIES)
    assert sum(domain.region.count(",") > 0 for domain in release.domains) >= 3


@pytest.mark.parametrize("source", ["from_archive", "from_entries"])
def test_every_domain_is_read_as_it_is(release, source, request):
    structures, failures = request.getfixturevalue(source)
    assert failures == []
    assert set(structures) == {domain.sid for domain in release.domains}
    for domain in release.domains:
        assert_same(structures[domain.sid], domain.structure)


@pytest.mark.parametrize("source", ["from_archive", "from_entries"])
def test_chains_of_a_gene_come_in_the_order_of_the_region(release, source, request):
    structure = request.getfixturevalue(source)[0][release.odd["chains"].sid]
    assert structure.chain_ids == ["B", "A"]
    assert structure.segment.max() >= 1


def test_numbers_below_zero_and_insertion_codes_are_cut_at(release, from_entries):
    domain = release.odd["codes"]
    structure = from_entries[0][domain.sid]
    residues = [
        f"{number}{code}"
        for number, code in zip(structure.residue_number, structure.insertion_code, strict=True)
    ]
    assert residues[:4] == ["-2", "-1", "0", "1"]
    assert residues[22:26] == ["20", "55B", "55C", "56"]
    assert residues[-1] == "70"
    assert len(structure) < len(domain.entry)


@pytest.mark.parametrize("what", ["whole", "blank"])
def test_chains_without_a_name_have_one_in_todays_entries(
    release, from_archive, from_entries, what
):
    domain = release.odd[what]
    assert from_archive[0][domain.sid].chain_ids == [""]
    assert from_entries[0][domain.sid].chain_ids == ["A"]


def test_the_first_of_several_models_is_read(release, from_archive):
    domain = release.odd["upper"]
    assert_same(from_archive[0][domain.sid], domain.structure)


def test_domains_without_a_file_are_told(release, archive):
    failures = []
    domain = replace(release.domains[0], sid="d9abcA_")
    assert list(read_pdbstyle([archive], listed([domain]), failures)) == []
    assert [str(failure.path) for failure in failures] == ["d9abcA_.ent"]
    assert failures[0].reason == f"d9abcA_: listed, but {archive} has no such file"


def test_an_unpacked_archive_gives_the_same(release, archive, tmp_path, from_archive):
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path, filter="data")
    failures = []
    some = listed(release.domains[5:8])
    structures = list(read_pdbstyle([tmp_path / "pdbstyle-2.08"], some, failures))
    assert failures == []
    assert {structure.name for structure in structures} == set(some)
    for structure in structures:
        assert_same(structure, from_archive[0][structure.name])


def test_a_domain_in_two_archives_is_read_once(release, archive):
    failures = []
    some = listed(release.domains[:2])
    assert len(list(read_pdbstyle([archive, archive], some, failures))) == 2
    assert failures == []


def test_a_damaged_archive_is_told(archive, release, tmp_path):
    broken = tmp_path / archive.name
    broken.write_bytes(archive.read_bytes()[:20_000])
    with pytest.raises(DatasetError, match=r"no whole tar archive.*fetch it again"):
        list(read_pdbstyle([broken], listed(release.domains), []))


def test_entries_that_cannot_be_cut_are_told_domain_by_domain(release, tmp_path):
    good = next(domain for domain in release.domains if domain.region == "A:")
    lost = replace(good, sid="d9abca1")
    wrong = replace(good, region="Z:")
    malformed = replace(good, region="A:1-")
    failures = []
    source = EntrySource(release.entries, tmp_path)
    for domain in (lost, wrong, malformed):
        assert list(cut_entries(source, listed([domain]).values(), failures)) == []
    assert [failure.reason.partition(":")[0] for failure in failures] == [
        lost.sid,
        good.sid,
        good.sid,
    ]
    assert "no file of entry 9abc; it may be obsolete" in failures[0].reason
    assert "no chain 'Z'" in failures[1].reason
    assert "expected first-last" in failures[2].reason


def test_entries_are_read_in_any_format(test_files):
    domain = ScopeDomain("d1akia1", "1aki", "A:5-20,A:101-110", "d.2.1.2", 1, ())
    one = cut_domain(read_structure(test_files / "1aki.cif.gz"), domain)
    other = cut_domain(read_structure(test_files / "1aki.pdb"), domain)
    assert one.residue_number.tolist() == [*range(5, 21), *range(101, 111)]
    assert one.segment.tolist() == [0] * 16 + [1] * 10
    assert_same(one, other)


def test_unnamed_chains_are_not_guessed_among_several(test_files):
    domain = ScopeDomain("d5znga1", "5zng", "5-20", "d.2.1.2", 1, ())
    entry = read_structure(test_files / "5zng.cif.gz")
    assert len(entry.chain_ids) > 1
    with pytest.raises(StructureError, match="no chain ''"):
        cut_domain(entry, domain)
