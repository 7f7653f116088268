"""Checks of stores, whole and damaged."""

from __future__ import annotations

import json
import zlib

import numpy as np
import pytest

from proteingraph.datasets.store import ChainStore, StoreWriter, verify_store
from proteingraph.datasets.store.layout import GROWING, TABLES
from proteingraph.errors import DatasetError


@pytest.fixture
def full(tmp_path, pack, plain_pack):
    """A store in which no file is empty."""
    with StoreWriter(tmp_path / "full") as writer:
        writer.append(pack)
        writer.fail("x.pdb", "", "broken")
        writer.append(plain_pack)
    return tmp_path / "full"


def test_all_is_well(full, tmp_path, make_store):
    assert verify_store(full) == []
    assert verify_store(make_store(tmp_path / "empty")) == []


@pytest.mark.parametrize("name", [*GROWING, *TABLES])
def test_one_changed_bit_is_found_in_any_file(full, name):
    content = bytearray((full / name).read_bytes())
    content[len(content) // 2] ^= 1
    (full / name).write_bytes(content)
    (damage,) = verify_store(full)
    assert damage.startswith(f"{name}: checksum ")


@pytest.mark.parametrize("name", [*GROWING, *TABLES])
def test_cut_and_absent_files_are_named(full, name):
    content = (full / name).read_bytes()
    for left in (content[:-1], None):
        (full / name).unlink()
        if left is not None:
            (full / name).write_bytes(left)
        try:
            told = " ".join(verify_store(full))
        except DatasetError as error:
            told = str(error)
        assert name in told


def forge(folder, name, content):
    """Change a file and its checksum with it, as a faulty writer would."""
    (folder / name).write_bytes(content)
    record = json.loads((folder / "meta.json").read_text())
    record["files"][name]["crc32"] = zlib.crc32(content)
    (folder / "meta.json").write_text(json.dumps(record))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("coordinates.bin", np.float32(np.nan), "row 0: a coordinate is not finite"),
        ("atom_mask.bin", np.uint8(13), "row 0: no such mask, or CA is missing"),
        ("residue_type.bin", np.int8(21), "row 0: no such residue type"),
        ("chain.bin", np.int32(-1), "row 0: below 0"),
        ("b_factor.bin", np.float32(np.inf), "row 0: not a finite number"),
        ("starts.bin", np.int64(1), "goes from 1 to 36, expected 0 to 36"),
        ("text_starts.bin", np.int64(2), "goes from 2 to"),
    ],
)
def test_values_that_cannot_be_are_found(full, name, value, message):
    content = value.tobytes() + (full / name).read_bytes()[value.nbytes :]
    forge(full, name, content)
    assert any(f"{name}: {message}" in damage for damage in verify_store(full))


def test_entries_that_end_before_they_begin(full):
    starts = np.fromfile(full / "starts.bin", np.int64)
    starts[1] = starts[2] + 1
    forge(full, "starts.bin", starts.tobytes())
    assert "starts.bin: entry 1 ends before it begins" in verify_store(full)


def test_tables_that_say_something_else(full):
    texts = (full / "texts.jsonl").read_bytes().replace(b'"2xyz"', b'"2xyy"')
    forge(full, "texts.jsonl", texts)
    assert verify_store(full) == [
        "index.parquet: is not what the files of texts say, from row 0 on"
    ]


def test_an_append_under_way_is_no_damage(full, pack):
    with StoreWriter(full, append=True) as writer:
        writer.append(pack)
        writer.commit()
        assert verify_store(full) == []
    assert verify_store(full) == []
    assert len(ChainStore(full)) == 9


def test_what_is_no_store_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="no store"):
        verify_store(tmp_path)
