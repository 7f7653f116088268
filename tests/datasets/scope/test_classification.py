"""The classification of domains, in rows as SCOPe writes them."""

from __future__ import annotations

import pytest

from proteingraph.datasets.scope import parse_region, read_classification
from proteingraph.errors import DatasetError, StructureError

# The first rows of release 2.08.
ROWS = """\
# dir.cla.scope.txt
# SCOPe release 2.08 (2021-07-29)  [File format version 1.02]
# http://scop.berkeley.edu/
# Copyright (c) 1994-2021 the SCOP and SCOPe authors; see http://scop.berkeley.edu/about
d1ux8a_\t1ux8\tA:\ta.1.1.1\t113449\tcl=46456,cf=46457,sf=46458,fa=46459,dm=46460,sp=116748,px=113449
d1dlwa_\t1dlw\tA:\ta.1.1.1\t14982\tcl=46456,cf=46457,sf=46458,fa=46459,dm=46460,sp=46461,px=14982
"""
ROW = ROWS.splitlines()[-1]


@pytest.fixture
def write(tmp_path):
    def written(text):
        path = tmp_path / "dir.cla.scope.2.08-stable.txt"
        path.write_bytes(text.encode())
        return path

    return written


def test_rows_are_read_and_comments_passed_over(write):
    domains = read_classification(write(ROWS))
    assert list(domains) == ["d1ux8a_", "d1dlwa_"]
    domain = domains["d1ux8a_"]
    assert (domain.sid, domain.pdb_id, domain.region) == ("d1ux8a_", "1ux8", "A:")
    assert (domain.sccs, domain.sunid) == ("a.1.1.1", 113449)
    assert domain.lineage == (46456, 46457, 46458, 46459, 46460, 116748, 113449)


def test_line_endings_blank_lines_and_late_comments(write):
    text = ROWS.replace("\n", "\r\n") + "\r\n# the end\r\n"
    assert read_classification(write(text)) == read_classification(write(ROWS))


def test_the_release_is_read_as_it_was_written(release):
    path = release.files["dir.cla.scope.2.08-stable.txt"]
    domains = read_classification(path)
    for domain in release.domains:
        read = domains[domain.sid]
        assert (read.pdb_id, read.sccs) == (domain.pdb_id, domain.sccs)
        assert (read.region, read.sunid) == (domain.region, domain.sunid)
        assert read.lineage[-1] == domain.sunid
    assert len(domains) == len(release.domains) + 3
    some = {release.domains[3].sid, release.odd["chains"].sid}
    assert read_classification(path, some) == {sid: domains[sid] for sid in domains if sid in some}


@pytest.mark.parametrize(
    ("region", "ranges"),
    [
        ("A:", ["A"]),
        ("A:,B:", ["A", "B"]),
        ("A:1-50,B:3A-90", ["A:1-50", "B:3A-90"]),
        ("A:-5--1,A:16-245", ["A:-5--1", "A:16-245"]),
        ("1:", ["1"]),
        ("a:1-2", ["a:1-2"]),
        ("1-70", [":1-70"]),
        ("-3-70,100P-120", [":-3-70", ":100P-120"]),
        ("-", []),
    ],
)
def test_regions(region, ranges):
    assert [str(one) for one in parse_region(region)] == ranges


@pytest.mark.parametrize("region", ["", "A:x-y", "A:1-", "A:9-1", "A:1-5;B:"])
def test_regions_that_are_none(region):
    with pytest.raises(StructureError, match="range"):
        parse_region(region)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (ROW.replace("\t", " "), r"1 fields separated by tabs, expected 6 \(sid pdb_id"),
        (ROW + "\tmore", "7 fields"),
        (ROW.replace("a.1.1.1", "a.1.1"), "sccs 'a.1.1', expected such as a.1.1.2"),
        (ROW.replace("\t14982\t", "\t-\t"), "nodes '-'"),
        (ROW.replace(",sp=46461", ""), "numbers of cl, cf, sf, fa, dm, sp, px"),
        (ROW.replace("px=14982", "px="), "nodes '14982'"),
        (f"{ROW}\n{ROW}", "line 2: domain 'd1dlwa_' occurs twice"),
    ],
)
def test_malformed_rows_are_told_by_line(write, row, problem):
    path = write(row + "\n")
    with pytest.raises(DatasetError, match=problem) as caught:
        read_classification(path)
    assert str(caught.value).startswith(f"{path}, line ")


def test_absent_files_are_told(tmp_path):
    with pytest.raises(DatasetError, match=r"dir\.cla.*cannot be read"):
        read_classification(tmp_path / "dir.cla.scope.2.08-stable.txt")
