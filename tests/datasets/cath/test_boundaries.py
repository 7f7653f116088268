"""Boundaries of domains."""

from __future__ import annotations

import pytest

from proteingraph.datasets.cath import domain_ranges, read_boundaries
from proteingraph.errors import DatasetError

# Examples of CATH's README-cath-domain-boundaries-file-format.txt, and rows of releases.
EXAMPLE = """\
# CATH Domall File (CDF) Format 2.0
101mA  D01 F00  1  A    0 - A  153 -
1chmA  D02 F00  1  A    2 - A  156 -  1  A  157 - A  402 -
1cnsA  D02 F00  2  A    1 - A   87 -  A  146 - A  243 -  1  A   88 - A  145 -
1amg0  D02 F01  1  0    1 - 0  360 -  1  0  362 - 0  417 -  0  361 - 0  361 - (1)
1bcmA D02 F02 1 A 257 - A 487 - 1 A 492 - A 559 - A 488 - A 491 - (4) A 560 - A 560 - (1)
1insA  D01 F01  2  A   -5 - A   -1 B  A   16 A A  184 A  A  185 - A  186 - (2)
"""


@pytest.fixture
def chains(tmp_path):
    path = tmp_path / "cath-domain-boundaries.txt"
    path.write_text(EXAMPLE)
    return read_boundaries(path)


def told(ranges):
    return ",".join(map(str, ranges))


@pytest.mark.parametrize(
    ("name", "ranges"),
    [
        ("101mA00", "A:0-153"),
        ("1chmA01", "A:2-156"),
        ("1chmA02", "A:157-402"),
        ("1cnsA01", "A:1-87,A:146-243"),
        ("1cnsA02", "A:88-145"),
        ("1amg001", "0:1-360"),
        ("1amg002", "0:362-417"),
        ("1bcmA02", "A:492-559"),
        ("1insA01", "A:-5--1B,A:16A-184A"),
    ],
)
def test_domains(chains, name, ranges):
    assert told(domain_ranges(chains, name)) == ranges


def test_only_wanted_chains_are_read(tmp_path, chains):
    (tmp_path / "some.txt").write_text(f"{EXAMPLE}2badA D9\n")
    some = read_boundaries(tmp_path / "some.txt", {"1cnsA", "1amg0"})
    assert some == {chain: chains[chain] for chain in ("1cnsA", "1amg0")}


def test_fragments_belong_to_no_domain(chains):
    assert told(chains["1bcmA"].fragments) == "A:488-491,A:560-560"
    assert told(chains["1amg0"].fragments) == "0:361-361"
    assert chains["1chmA"].fragments == ()


def test_chains_that_are_not_divided_may_be_left_out(chains):
    (whole,) = domain_ranges(chains, "2hhbB00")
    assert (whole.chain, whole.first, whole.last) == ("B", None, None)


@pytest.mark.parametrize("name", ["1chmA03", "1chmA00", "2hhbB01"])
def test_domains_that_are_not_there(chains, name):
    with pytest.raises(DatasetError, match=f"{name}: the boundaries file has"):
        domain_ranges(chains, name)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("1abcA D02 F00 1 A 2 - A 156 -", "ends before all domains"),
        ("1abcA D01 F01 1 A 2 - A 156 - A 157 - A 158 -", "ends before all domains"),
        ("1abcA D01 F00 1 A 2 - A 156 - 1 A 157 -", "'1 A 157 -' is left over"),
        ("1abcA D01 F01 1 A 2 - A 156 - A 157 - A 158 - 2", "'2' is no number of residues"),
        ("1abcA D01 F00 1 A 2 - B 156 -", "from chain A to chain B"),
        ("1abcA D01 F00 1 A 2 -- A 156 -", "'--' is no insertion code"),
        ("1abcA D01 F00 1 A x - A 156 -", "invalid literal"),
        ("1abcA D01 F00 0", "'0' is no number of stretches"),
        ("1abcA X01 F00 1 A 2 - A 156 -", "'X01' is no count"),
        ("1abc D01 F00 1 A 2 - A 156 -", "'1abc' is no chain"),
        ("101mA D01 F00 1 A 2 - A 156 -", "101mA occurs twice"),
    ],
)
def test_wrong_rows_are_named(tmp_path, row, problem):
    (tmp_path / "boundaries.txt").write_text(f"{EXAMPLE}{row}\n")
    with pytest.raises(DatasetError, match=rf"boundaries\.txt, line 8: .*{problem}"):
        read_boundaries(tmp_path / "boundaries.txt")
