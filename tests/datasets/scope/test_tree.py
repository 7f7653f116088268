"""Names of nodes, and how they hang together."""

from __future__ import annotations

import pytest

from proteingraph.datasets.scope import read_classification, read_descriptions, read_hierarchy
from proteingraph.errors import DatasetError

# Rows of release 2.07; the second node's name is of another release.
DESCRIPTIONS = """\
# dir.des.scope.txt
46456\tcl\ta\t-\tAll alpha proteins
46457\tcf\ta.1\t-\tGlobin-like
116748\tsp\ta.1.1.1\t-\tBacillus subtilis [TaxId: 1423]
113449\tpx\ta.1.1.1\td1ux8a_\t1ux8 A:
"""
HIERARCHY = """\
# dir.hie.scope.txt
0\t-\t46456,48724
46456\t0\t46457
46457\t46456\t-
"""


@pytest.fixture
def write(tmp_path):
    def written(text):
        path = tmp_path / "dir.txt"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return written


def test_descriptions(write):
    nodes = read_descriptions(write(DESCRIPTIONS))
    assert list(nodes) == [46456, 46457, 116748, 113449]
    node = nodes[113449]
    assert (node.sunid, node.level, node.sccs) == (113449, "px", "a.1.1.1")
    assert (node.sid, node.description) == ("d1ux8a_", "1ux8 A:")
    assert nodes[116748].sid is None
    assert nodes[116748].description == "Bacillus subtilis [TaxId: 1423]"


def test_quotes_and_hashes_are_part_of_names(write):
    name = '"Winged helix" #2 of 5\'-nucleotidase'
    assert read_descriptions(write(f"1\tcf\ta.4\t-\t{name}\n"))[1].description == name


def test_bytes_that_are_not_utf_8_do_not_stop_it(write):
    nodes = read_descriptions(write(b"1\tsp\ta.1.1.1\t-\tB\xf6rner\n2\tcl\tb\t-\tAll beta\n"))
    assert nodes[1].description == "B�rner"
    assert len(nodes) == 2


def test_hierarchy(write):
    links = read_hierarchy(write(HIERARCHY))
    assert links[0].parent is None
    assert links[0].children == (46456, 48724)
    assert links[46456].parent == 0
    assert links[46457].children == ()


def test_the_files_of_a_release_fit_together(release):
    domains = read_classification(release.files["dir.cla.scope.2.08-stable.txt"])
    nodes = read_descriptions(release.files["dir.des.scope.2.08-stable.txt"])
    links = read_hierarchy(release.files["dir.hie.scope.2.08-stable.txt"])
    assert set(links) == set(nodes) | {0}
    for sid, domain in domains.items():
        assert nodes[domain.sunid].sid == sid
        assert nodes[domain.sunid].description == f"{domain.pdb_id} {domain.region}"
        for parent, child in zip((0, *domain.lineage), domain.lineage, strict=False):
            assert links[child].parent == parent
            assert child in links[parent].children


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("1\tcf\ta.1\t-\n", "line 1: 4 fields"),
        ("x\tcf\ta.1\t-\tname\n", "node 'x' is not a number"),
        ("1\tcf\ta.1\t-\tname\n" * 2, "line 2: node 1 occurs twice"),
        ("1\tfold\ta.1\t-\tname\n", "level 'fold', expected one of cl, cf"),
    ],
)
def test_malformed_descriptions_are_told_by_line(write, text, problem):
    with pytest.raises(DatasetError, match=problem):
        read_descriptions(write(text))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("1\t-\n", "line 1: 2 fields"),
        ("1\t-\t2,\n", "node '' is not a number"),
        ("1\troot\t-\n", "node 'root' is not a number"),
        ("1\t-\t-\n" * 2, "line 2: node 1 occurs twice"),
    ],
)
def test_malformed_links_are_told_by_line(write, text, problem):
    with pytest.raises(DatasetError, match=problem):
        read_hierarchy(write(text))
