"""Domains as texts of ranges."""

from __future__ import annotations

import gzip

import pytest

from proteingraph.datasets.cath import read_daily, read_seqres_chopping
from proteingraph.errors import DatasetError


def test_choppings_in_seqres_numbers(tmp_path):
    path = tmp_path / "cath-domain-boundaries-seqreschopping.txt"
    path.write_text("# comment\n1oaiA00\t1-59\n3hgnA02\t13-111,228-240\n1cuk003 1-1\n")
    assert read_seqres_chopping(path) == {
        "1oaiA00": ((1, 59),),
        "3hgnA02": ((13, 111), (228, 240)),
        "1cuk003": ((1, 1),),
    }


@pytest.mark.parametrize("text", ["", "1-", "0-9", "9-1", "1-9;12-20", "1-9,"])
def test_wrong_choppings_are_named(tmp_path, text):
    (tmp_path / "c.txt").write_text(f"1oaiA00\t1-59\n1cukA01\t{text}\n")
    with pytest.raises(DatasetError, match=r"c\.txt, line 2"):
        read_seqres_chopping(tmp_path / "c.txt")


def test_the_daily_release(tmp_path):
    path = tmp_path / "cath-b-newest-all.gz"
    path.write_bytes(
        gzip.compress(
            b"101mA00 v4_3_0 1.10.490.10 0-153:A\n"
            b"1qdmC02 v4_3_0 2.40.70.10 192-247:C,103S-104S:C,248-318:C\n"
            b"7abcA01 putative 3.40.50.720 -5--1B:A\n"
        )
    )
    domains = read_daily(path)
    assert [domain.status for domain in domains.values()] == ["v4_3_0", "v4_3_0", "putative"]
    assert domains["101mA00"].code == "1.10.490.10"
    assert [str(one) for one in domains["1qdmC02"].ranges] == [
        "C:192-247",
        "C:103S-104S",
        "C:248-318",
    ]
    assert [str(one) for one in domains["7abcA01"].ranges] == ["A:-5--1B"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("101mA00 v4_3_0 1.10.490.10", "3 columns"),
        ("101mA00 v4_3_0 1.10.490 0-153:A", "no superfamily"),
        ("101mA00 v4_3_0 1.10.490.10 0-153", "expected such as"),
        ("101m v4_3_0 1.10.490.10 0-153:A", "no domain"),
    ],
)
def test_wrong_rows_are_named(tmp_path, line, problem):
    (tmp_path / "daily.txt").write_text(line + "\n")
    with pytest.raises(DatasetError, match=rf"daily\.txt, line 1: .*{problem}"):
        read_daily(tmp_path / "daily.txt")
