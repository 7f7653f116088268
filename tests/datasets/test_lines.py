"""Lines of released text files."""

from __future__ import annotations

import gzip

import pytest

from proteingraph.datasets.lines import read_lines, wrong_line
from proteingraph.errors import DatasetError

TEXT = b"# comment\r\n\n  1oaiA00  1 \r\n\t\n  # another\na\t\tGal\xe9n\t\nlast"


@pytest.mark.parametrize("packed", [False, True])
def test_comments_and_blanks_are_passed_over_and_tabs_stay(tmp_path, packed):
    path = tmp_path / "list.txt"
    path.write_bytes(gzip.compress(TEXT) if packed else TEXT)
    assert list(read_lines(path)) == [(3, "1oaiA00  1"), (6, "a\t\tGal\ufffdn\t"), (7, "last")]


def test_files_that_cannot_be_read_are_told(tmp_path):
    with pytest.raises(DatasetError, match=r"nowhere\.txt: cannot be read"):
        list(read_lines(tmp_path / "nowhere.txt"))
    (tmp_path / "cut.gz").write_bytes(gzip.compress(TEXT * 100)[:-20])
    with pytest.raises(DatasetError, match=r"cut\.gz: cannot be read"):
        list(read_lines(tmp_path / "cut.gz"))


def test_an_error_names_file_and_line(tmp_path):
    assert str(wrong_line("a.txt", 7, "no domain")) == "a.txt, line 7: no domain"
