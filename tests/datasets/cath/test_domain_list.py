"""The list of all domains, and lists of names."""

from __future__ import annotations

import gzip
import math

import pytest

from proteingraph.datasets.cath import cluster_heads, read_domain_list, read_name_list
from proteingraph.errors import DatasetError

# The example of CATH's README-cath-list-file-format.txt, and an obsolete entry.
EXAMPLE = """\
#---------------------------------------------------------------------
# FILE NAME:    CathDomainList.v4.3.0
#---------------------------------------------------------------------
1oaiA00     1    10     8    10     1     1     1     1     1    59 1.000
1go5A00     1    10     8    10     1     1     1     1     2    69 999.000
1oksA00     1    10     8    10     2     1     1     1     1    51 1.800
1t6oA00     1    10     8    10     2     1     2     1     1    49 2.000
1cuk003     1    10     8    10     3     1     1     1     1    48 1.900
1hjp003     1    10     8    10     3     1     1     2     1    44 2.500
1c7yA03     1    10     8    10     3     1     1     2     2    48 3.100

1p3qQ00     1    10     8    10     4     1     1     1     1    43 1.700
1mn3A00     1    10     8    10     4     1     2     1     1    52 2.300
1nv8B01     1    10     8    10     5     1     1     1     1    71 2.200
1obsA00     1    10     8    10     5     1     1     1     2    71 1000.000
"""


@pytest.fixture
def listing(tmp_path):
    path = tmp_path / "cath-domain-list.txt"
    path.write_text(EXAMPLE)
    return path


def test_columns(listing):
    domains = read_domain_list(listing)
    assert len(domains) == 11
    one = domains["1c7yA03"]
    assert (one.code, one.clusters, one.member) == ("1.10.8.10", (3, 1, 1, 2), 2)
    assert (one.length, one.resolution, one.obsolete) == (48, 3.1, False)
    assert one.cluster_code("S35") == "1.10.8.10.3"
    assert one.cluster_code("S100") == "1.10.8.10.3.1.1.2"


def test_nmr_and_obsolete_entries_have_no_resolution(listing):
    domains = read_domain_list(listing)
    unresolved = [name for name, domain in domains.items() if math.isnan(domain.resolution)]
    assert unresolved == ["1go5A00", "1obsA00"]
    assert [name for name, domain in domains.items() if domain.obsolete] == ["1obsA00"]


def test_representatives_are_those_of_the_readme(listing):
    domains = read_domain_list(listing).values()
    assert cluster_heads(domains, "S35") == ["1oaiA00", "1oksA00", "1cuk003", "1p3qQ00", "1nv8B01"]
    assert len(cluster_heads(domains, "S60")) == 5
    assert len(cluster_heads(domains, "S95")) == 7
    assert len(cluster_heads(domains, "S100")) == 8


def test_packed_lists_are_the_same(listing, tmp_path):
    (tmp_path / "packed.txt").write_bytes(gzip.compress(EXAMPLE.encode()))
    assert read_domain_list(tmp_path / "packed.txt") == read_domain_list(listing)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("1abcA00 1 10 8 10 1 1 1 1 1 59", "11 columns, expected the 12"),
        ("1abcA0 1 10 8 10 1 1 1 1 1 59 1.0", "'1abcA0' is no domain"),
        ("1abcA00 1 10 x 10 1 1 1 1 1 59 1.0", "invalid literal"),
        ("1oaiA00 1 10 8 10 1 1 1 1 1 59 1.0", "1oaiA00 occurs twice"),
    ],
)
def test_wrong_lines_are_named(listing, line, problem):
    listing.write_text(EXAMPLE + line + "\n")
    with pytest.raises(DatasetError, match=rf"cath-domain-list\.txt, line 16: .*{problem}"):
        read_domain_list(listing)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(DatasetError, match="cannot be read"):
        read_domain_list(tmp_path / "absent.txt")
    (tmp_path / "cut.gz").write_bytes(gzip.compress(EXAMPLE.encode())[:-20])
    with pytest.raises(DatasetError, match="cannot be read"):
        read_domain_list(tmp_path / "cut.gz")


def test_lists_of_names(tmp_path):
    path = tmp_path / "cath-dataset-nonredundant-S40.list"
    path.write_text("# comment\n1oaiA00\n1cuk003 and more\n\n")
    assert read_name_list(path) == ["1oaiA00", "1cuk003"]
    path.write_text("1oaiA00\ncath|4_3_0|1oaiA00\n")
    with pytest.raises(DatasetError, match="line 2"):
        read_name_list(path)
