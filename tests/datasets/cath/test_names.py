"""Names of the nodes."""

from __future__ import annotations

import pytest

from proteingraph.datasets.cath import CathNode, read_names
from proteingraph.errors import DatasetError


def test_names_may_hold_anything_or_nothing(tmp_path):
    path = tmp_path / "cath-names.txt"
    path.write_text(
        "# CATH Names File\n"
        "1                          1oaiA00    :Mainly Alpha\n"
        "1.10.8                     1oaiA00    :Helicase, Ruva Protein; domain 3\n"
        "1.10.8.10                  1oaiA00    :DNA helicase RuvA subunit: C-terminal domain\n"
        "1.10.10.1030               1cuk003    :\n"
    )
    nodes = read_names(path)
    assert list(nodes) == ["1", "1.10.8", "1.10.8.10", "1.10.10.1030"]
    assert nodes["1"] == CathNode("1", "1oaiA00", "Mainly Alpha")
    assert nodes["1.10.8.10"].name == "DNA helicase RuvA subunit: C-terminal domain"
    assert nodes["1.10.10.1030"] == CathNode("1.10.10.1030", "1cuk003", "")


@pytest.mark.parametrize("line", ["1.10 1oaiA00 Bundle", "1..10 1oaiA00 :Bundle", "1.10 :Bundle"])
def test_wrong_lines_are_named(tmp_path, line):
    (tmp_path / "names.txt").write_text(f"1 1oaiA00 :Mainly Alpha\n{line}\n")
    with pytest.raises(DatasetError, match=r"names\.txt, line 2"):
        read_names(tmp_path / "names.txt")
