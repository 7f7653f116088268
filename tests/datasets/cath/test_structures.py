"""Domains cut out of entries, and read from archives."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest

from proteingraph.datasets.cath import ChainDomains, read_boundaries
from proteingraph.datasets.cath.structures import chop_entries, cut_domain, read_domain_archive
from proteingraph.datasets.entries import EntrySource
from proteingraph.errors import DownloadError, StructureError
from proteingraph.io import ResidueRange, parse_ranges, read_structure, write_structure

BOUNDARIES = """\
1akiA  D02 F01  2  A    1 - A   39 -  A   88 - A  127 -  1  A   40 - A   87 -  A  128 - A  129 - (2)
5zngA  D01 F00  1  A  991 - A 1069 -
5zngC  D01 F00  1  C   22 - C   83 -
"""
WANTED = ["1akiA01", "1akiA02", "1akiA03", "3o5rA00", "5zngA00", "5zngC00", "2absA00"]


@pytest.fixture
def chains(tmp_path):
    (tmp_path / "boundaries.txt").write_text(BOUNDARIES)
    return read_boundaries(tmp_path / "boundaries.txt")


@pytest.fixture(scope="module")
def lysozyme(test_files):
    return read_structure(test_files / "1aki.pdb")


def chop(entries, chains, tmp_path):
    failures = {}
    source = EntrySource(entries, tmp_path / "kept")
    found = list(chop_entries(source, WANTED, chains, failures))
    return {graph.name: graph for graph in found}, failures


def check_chopped(found, failures):
    assert list(found) == ["1akiA01", "1akiA02", "3o5rA00", "5zngA00", "5zngC00"]
    numbers = found["1akiA01"].residue_number.tolist()
    assert numbers == [*range(1, 40), *range(88, 128)]
    assert found["1akiA01"].segment.tolist() == [0] * 39 + [1] * 40
    assert found["1akiA02"].residue_number.tolist() == list(range(40, 88))
    assert found["3o5rA00"].num_nodes == 128
    assert found["5zngC00"].chain_id == ["C"]
    assert list(failures) == ["1akiA03", "2absA00"]
    assert "2 domains of chain 1akiA" in failures["1akiA03"].reason


def test_entries_of_a_folder(test_files, chains, tmp_path):
    found, failures = chop(test_files, chains, tmp_path)
    check_chopped(found, failures)
    assert f"2absA00: {test_files}: no file of entry 2abs" in failures["2absA00"].reason


def test_entries_of_a_server(serve, test_files, chains, tmp_path):
    server = serve(test_files)
    found, failures = chop(f"{server.url}/{{code}}.cif.gz", chains, tmp_path)
    check_chopped(found, failures)
    assert "404" in failures["2absA00"].reason
    assert len(server.asked) == 4
    chop(f"{server.url}/{{code}}.cif.gz", chains, tmp_path)
    assert len(server.asked) == 5  # once more for the absent one


def test_entries_by_their_middle_letters(serve, test_files, chains, tmp_path):
    (tmp_path / "ak").mkdir()
    shutil.copy(test_files / "1aki.cif.gz", tmp_path / "ak" / "1aki.cif.gz")
    found, _ = chop(f"{serve(tmp_path).url}/{{middle}}/{{code}}.cif.gz", chains, tmp_path)
    assert list(found) == ["1akiA01", "1akiA02"]


def test_a_server_that_is_away_ends_it(serve, test_files, chains, tmp_path):
    server = serve(test_files)
    server.status["3o5r.cif.gz"] = [403]
    with pytest.raises(DownloadError, match="403"):
        chop(f"{server.url}/{{code}}.cif.gz", chains, tmp_path)


def test_entries_that_cannot_be_read_lose_their_domains_only(test_files, chains, tmp_path):
    shutil.copy(test_files / "3o5r.pdb.gz", tmp_path / "3o5r.pdb.gz")
    (tmp_path / "1aki.pdb").write_text("ATOM  broken\n")
    found, failures = chop(tmp_path, chains, tmp_path)
    assert list(found) == ["3o5rA00"]
    assert failures["1akiA02"].path == tmp_path / "1aki.pdb"
    assert "1aki.pdb" in failures["1akiA02"].reason


def test_insertion_codes_and_negative_numbers(lysozyme):
    number = lysozyme.residue_number.copy()
    code = lysozyme.insertion_code.copy()
    number[:10] = [-4, -3, -2, -1, -1, -1, 0, 1, 1, 1]
    code[:10] = ["", "", "", "", "A", "B", "", "", "A", "B"]
    entry = replace(lysozyme, residue_number=number, insertion_code=code)
    for text, rows in (("A:-3--1A", slice(1, 5)), ("A:-1B-1A", slice(5, 9))):
        domain = cut_domain(entry, parse_ranges(text))
        assert domain.sequence == lysozyme.sequence[rows]
        assert np.array_equal(domain.backbone, lysozyme.backbone[rows])


@pytest.mark.parametrize("name", ["", "0", "A"])
def test_chain_0_is_the_chain_without_a_name(lysozyme, tmp_path, name):
    chain = np.full(len(lysozyme), name)
    write_structure(replace(lysozyme, chain=chain, label_chain=chain), tmp_path / "1old.pdb")
    row = ChainDomains("1old0", ((ResidueRange("0", (5, ""), (20, "")),),), ())
    source = EntrySource(tmp_path, tmp_path)
    (domain,) = chop_entries(source, ["1old000"], {"1old0": row}, {})
    assert domain.residue_number.tolist() == list(range(5, 21))


def test_chain_0_of_several_named_chains_is_not_guessed(test_files):
    entry = read_structure(test_files / "5zng.pdb.gz")
    with pytest.raises(StructureError, match="no chain '0'"):
        cut_domain(entry, [ResidueRange("0")])


def test_archives_give_what_is_wanted(server_folder, shipped):
    archive = next(server_folder.rglob("*S40-v4_3_0.pdb.tgz"))
    names = shipped.names[:3].tolist()
    failures = {}
    graphs = list(read_domain_archive(archive, [*names, "1obsA00", "1brkB02"], failures))
    assert sorted(graph.name for graph in graphs) == sorted(names)
    assert failures["1obsA00"].reason == "1obsA00: not in the archive"
    assert failures["1brkB02"].path == archive / "dompdb" / "1brkB02"


def test_domains_without_ca_are_told(lysozyme, tmp_path, chains):
    without = lysozyme.select(slice(0, 40))
    kept = without.atom_name != "CA"
    fields = ("atom_name", "element", "atom_coord", "atom_residue", "atom_b_factor")
    columns = {field: getattr(without, field)[kept] for field in (*fields, "atom_occupancy")}
    write_structure(replace(without, **columns), tmp_path / "1aki.pdb")
    failures = {}
    row = ChainDomains("1akiA", ((ResidueRange("A"),),), ())
    source = EntrySource(tmp_path, tmp_path)
    assert not list(chop_entries(source, ["1akiA00"], {"1akiA": row}, failures))
    assert failures["1akiA00"].reason == "1akiA00: no residue with CA"
