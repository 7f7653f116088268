"""Packs that are made once and kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from proteingraph.datasets.folder import Failure
from proteingraph.datasets.processed import keep_pack
from proteingraph.errors import DatasetError

FAILURES = [Failure(Path("a/b.ent"), 'line 3: "x",\tnot a number\nat all'), Failure(Path("c"), "")]


def test_what_is_made_is_kept_with_what_was_left_out(pack, tmp_path):
    calls = []

    def make():
        calls.append(1)
        return pack, FAILURES

    path = tmp_path / "processed" / "some-2.08.npz"
    for _ in range(2):
        kept, failures = keep_pack(path, make)
        assert np.array_equal(kept.coordinates, pack.coordinates)
        assert kept.names.tolist() == pack.names.tolist()
        assert failures == FAILURES
    assert len(calls) == 1
    keep_pack(path, make, force=True)
    assert len(calls) == 2


def test_a_failed_making_leaves_nothing_but_what_was(pack, tmp_path):
    def fail():
        raise DatasetError("no")

    with pytest.raises(DatasetError, match="no"):
        keep_pack(tmp_path / "a.npz", fail)
    assert not (tmp_path / "a.npz").exists()
    keep_pack(tmp_path / "a.npz", lambda: (pack, []))
    with pytest.raises(DatasetError, match="no"):
        keep_pack(tmp_path / "a.npz", fail, force=True)
    assert len(keep_pack(tmp_path / "a.npz", fail)[0]) == len(pack)


def test_an_empty_pack_is_an_error(pack, tmp_path):
    with pytest.raises(DatasetError, match="not one structure could be read:\n  line 3"):
        keep_pack(tmp_path / "a.npz", lambda: (pack.subset([]), FAILURES))


def test_damaged_tables_and_folders_that_cannot_be_made_are_told(pack, tmp_path):
    keep_pack(tmp_path / "a.npz", lambda: (pack, []))
    (tmp_path / "a.failures.tsv").write_text("other\ttable\n")
    with pytest.raises(DatasetError, match=r"a\.failures\.tsv: cannot be read \(columns"):
        keep_pack(tmp_path / "a.npz", lambda: (pack, []))
    (tmp_path / "a.failures.tsv").write_text("")
    with pytest.raises(DatasetError, match="remove the folder"):
        keep_pack(tmp_path / "a.npz", lambda: (pack, []))
    with pytest.raises(DatasetError, match="cannot be written"):
        keep_pack(tmp_path / "a.npz" / "b.npz", lambda: (pack, []))
