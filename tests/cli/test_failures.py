"""What was left out, shown and written."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from proteingraph.cli.failures import show_failures, write_failures
from proteingraph.datasets import Failure
from proteingraph.errors import ConfigError


def shown(reasons):
    text = io.StringIO()
    show_failures(Console(file=text, soft_wrap=True), reasons, Path("run/failures.parquet"))
    return text.getvalue().splitlines()


def test_the_first_are_shown_and_all_are_counted():
    assert shown([]) == []
    assert shown(["a[b]: bad"]) == ["left out: a[b]: bad", "1 in all: see run/failures.parquet"]
    lines = shown([f"file {i}" for i in range(1200)])
    assert len(lines) == 11
    assert lines[-1].startswith("1,200 in all")


def test_all_are_written_whatever_they_are_called(tmp_path):
    odd = Path(os.fsdecode(b"\xff.pdb"))
    failures = [Failure(odd, f"{odd}: bad"), Failure(Path("a/b.pdb"), "no CA", "B")]
    write_failures(failures, tmp_path / "new" / "failures.parquet")
    table = pd.read_parquet(tmp_path / "new" / "failures.parquet")
    assert table.columns.tolist() == ["file", "chain", "reason"]
    assert table.loc[1].tolist() == ["a/b.pdb", "B", "no CA"]
    assert table["reason"][0].endswith(".pdb: bad")
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"failures\.parquet: cannot be written"):
        write_failures(failures, tmp_path / "file" / "failures.parquet")
