"""Writing a store: atomic, resumable, the same bytes however it was written."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest

from proteingraph.datasets.store import ChainStore, StoreWriter
from proteingraph.errors import DatasetError


@pytest.fixture
def whole(pack, plain_pack, tmp_path, make_store, contents):
    """Bytes of a store of two packs that was written undisturbed."""
    return contents(make_store(tmp_path / "whole", pack, plain_pack))


class KilledError(Exception):
    """Stands for whatever ends a writer."""


def test_bytes_do_not_depend_on_appends_and_commits(pack, plain_pack, tmp_path, whole, contents):
    with StoreWriter(tmp_path / "parts") as writer:
        for number in range(len(pack)):
            writer.append(pack.subset([number]))
            writer.commit({"done": number})
        writer.append(pack.subset([]))
        writer.append(plain_pack)
    assert contents(tmp_path / "parts") == whole


def test_appending_to_a_finished_store(pack, plain_pack, tmp_path, make_store, whole, contents):
    path = make_store(tmp_path / "store", pack)
    before = ChainStore(path)
    with StoreWriter(path, append=True) as writer:
        writer.append(plain_pack)
        writer.commit()
        # Nothing of it shows yet.
        assert len(ChainStore(path)) == len(ChainStore(path).names) == 3
    assert contents(path) == whole
    assert len(before) == len(before.names) == 3
    assert ChainStore(path).names.tolist() == ["1abc", "2xyz", "lone", "a", "b", "c"]


def test_a_stopped_writer_goes_on_after_its_last_commit(
    pack, plain_pack, tmp_path, whole, contents
):
    path = tmp_path / "store"
    with pytest.raises(KilledError), StoreWriter(path) as writer:
        writer.append(pack.subset([0]))
        writer.commit({"done": 1})
        writer.append(pack.subset([2]))
        writer.fail("x.pdb", "", "forgotten with the rest")
        raise KilledError
    with StoreWriter(path, resume=True) as writer:
        assert (len(writer), writer.failures, writer.progress) == (1, 0, {"done": 1})
        writer.append(pack.subset([1, 2]))
        writer.append(plain_pack)
    assert contents(path) == whole


def test_a_stopped_append_leaves_the_store_as_it_was(
    pack, plain_pack, tmp_path, make_store, whole, contents
):
    path = make_store(tmp_path / "store", pack)
    with pytest.raises(KilledError), StoreWriter(path, append=True) as writer:
        writer.append(plain_pack.subset([0]))
        writer.commit({"done": 1})
        raise KilledError
    assert ChainStore(path).pack().names.tolist() == ["1abc", "2xyz", "lone"]
    with pytest.raises(DatasetError, match="not finished: resume it"):
        StoreWriter(path, append=True)
    with StoreWriter(path, resume=True) as writer:
        writer.append(plain_pack.subset([1, 2]))
    assert contents(path) == whole


def test_killed_at_the_very_last_step(tmp_path, make_store, pack, plain_pack, whole, contents):
    path = make_store(tmp_path / "store", pack, plain_pack)
    (path / "meta.json").rename(path / "build.json")
    (path / ".index.parquet.1234.partial").write_bytes(b"left by a killed writer")
    with StoreWriter(path, resume=True) as writer:
        assert writer.finished
    assert contents(path) == whole


def test_failures_are_kept(tmp_path, pack):
    with StoreWriter(tmp_path / "store") as writer:
        writer.fail("a\udcff.pdb", "", "first\nline")
        writer.append(pack)
        writer.fail("b.pdb", "C", "no CA")
    assert ChainStore(tmp_path / "store").failures.to_dict("list") == {
        "file": ["a?.pdb", "b.pdb"],
        "chain": ["", "C"],
        "reason": ["first\nline", "no CA"],
    }


def test_folders_that_hold_something_are_refused(tmp_path, make_store, pack):
    (tmp_path / "notes.txt").write_text("not a store")
    with pytest.raises(DatasetError, match=r"no store, and not empty \(notes\.txt\)"):
        StoreWriter(tmp_path)
    with pytest.raises(DatasetError, match="cannot be made"):
        StoreWriter(tmp_path / "notes.txt")
    make_store(tmp_path / "store", pack)
    with pytest.raises(DatasetError, match="holds a finished store: append"):
        StoreWriter(tmp_path / "store")
    StoreWriter(tmp_path / "begun").close()
    with pytest.raises(DatasetError, match="not finished: resume"):
        StoreWriter(tmp_path / "begun")


def test_one_writer_at_a_time(tmp_path):
    with StoreWriter(tmp_path / "store"):
        with pytest.raises(DatasetError, match="another process is writing"):
            StoreWriter(tmp_path / "store", resume=True)
    StoreWriter(tmp_path / "store", append=True).close()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"coordinates": np.full((21, 1, 3), np.nan, np.float32)}, "'a': a coordinate or"),
        ({"b_factor": np.repeat([1, np.inf], [12, 9]).astype(np.float32)}, "'b': a coordinate or"),
        ({"labels": {"length": np.array(["x"] * 3)}}, "no label can be called 'length'"),
        ({"names": np.array(["a", "b", "\udcff"])}, "not Unicode"),
    ],
)
def test_what_cannot_be_stored_is_refused_whole(
    tmp_path, pack, plain_pack, make_store, contents, wrong, message
):
    with StoreWriter(tmp_path / "store") as writer:
        with pytest.raises(DatasetError, match=message):
            writer.append(replace(plain_pack, **wrong))
        writer.append(pack)
    assert contents(tmp_path / "store") == contents(make_store(tmp_path / "other", pack))


def test_atoms_that_are_missing_are_zero(tmp_path, pack, make_store):
    coordinates = np.where(pack.atom_mask[..., None], pack.coordinates, np.nan)
    store = ChainStore(make_store(tmp_path / "store", replace(pack, coordinates=coordinates)))
    np.testing.assert_array_equal(store.pack().coordinates, pack.coordinates)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="takes a device that is always full")
def test_a_full_disk(tmp_path, pack, plain_pack, whole, contents):
    path = tmp_path / "store"
    with pytest.raises(DatasetError, match="broke off"), StoreWriter(path) as writer:
        writer.append(pack)
        writer.commit()
        writer._files["chain.bin"].close()
        writer._files["chain.bin"] = open("/dev/full", "wb", buffering=0)
        with pytest.raises(DatasetError, match=r"chain\.bin: cannot be written: No space left"):
            writer.append(plain_pack)
        with pytest.raises(DatasetError, match="an earlier append broke off"):
            writer.append(plain_pack)
        writer.commit()
    with StoreWriter(path, resume=True) as writer:
        assert len(writer) == 3
        writer.append(plain_pack)
    assert contents(path) == whole


def test_files_that_lost_what_was_committed_are_named(tmp_path, pack):
    with pytest.raises(KilledError), StoreWriter(tmp_path / "store") as writer:
        writer.append(pack)
        writer.commit()
        raise KilledError
    (tmp_path / "store" / "chain.bin").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"chain\.bin: cut short, 0 bytes of 60"):
        StoreWriter(tmp_path / "store", resume=True)
