"""Foldcomp's databases and folders, made of real structures."""

from __future__ import annotations

import pickle
import struct
import sys

import numpy as np
import pytest

from proteingraph.datasets.importers import open_importer
from proteingraph.errors import DatasetError


@pytest.fixture
def write_database(tmp_path):
    """Function that writes a database of entries as MMseqs2 and Foldcomp lay it out."""

    def write(entries, lookup=True, end=b"\0"):
        path, at = tmp_path / "db", 0
        index, names = [], []
        for key, (name, content) in enumerate(entries.items()):
            index.append(f"{key}\t{at}\t{len(content + end)}\n")
            names.append(f"{key}\t{name}\t0\n")
            at += len(content + end)
        path.write_bytes(b"".join(content + end for content in entries.values()))
        (tmp_path / "db.dbtype").write_bytes(struct.pack("<i", 12))
        (tmp_path / "db.index").write_text("".join(index))
        if lookup:
            (tmp_path / "db.lookup").write_text("".join(reversed(names)))
        return path

    return write


def read(path):
    importer = open_importer(path)
    return importer.read(0, importer.count)


@pytest.mark.parametrize("end", [b"\0", b""])
def test_database(write_database, compressed, end):
    path = write_database({f"AF-{name}-F1.pdb": c for name, c in compressed.items()}, end=end)
    importer = open_importer(path)
    assert (importer.name, importer.path, importer.count) == ("Foldcomp database", path, 3)
    pack, failures = pickle.loads(pickle.dumps(importer)).read(0, 3)
    assert not failures
    assert pack.names.tolist() == ["AF-1aki-F1", "AF-3o5r-F1", "AF-1gcq-F1"]
    assert pack.lengths.tolist() == [129, 128, 69]
    assert pack.chain_ids.tolist() == ["A", "A", "C"]
    assert pack.residue_number[pack.starts[:-1]].tolist() == [1, 13, 591]
    assert pack.segment is None
    assert [len(run) for run, _ in importer.packs(size=2)] == [2, 1]
    assert importer.read(1, 2)[0].names.tolist() == ["AF-3o5r-F1"]


def test_folder_and_file(compressed, tmp_path):
    (tmp_path / "deeper").mkdir()
    (tmp_path / "b.pdb.fcz").write_bytes(compressed["1aki"])
    (tmp_path / "deeper" / "c.fcz").write_bytes(compressed["1gcq"])
    (tmp_path / "notes.txt").write_text("no structure")
    pack, _ = read(tmp_path)
    assert pack.names.tolist() == ["b", "c"]
    assert read(tmp_path / "deeper" / "c.fcz")[0].names.tolist() == ["c"]
    assert np.array_equal(read(tmp_path / "b.pdb.fcz")[0].coordinates, pack.coordinates[:129])


def test_a_folder_read_anew_has_what_is_there_now(compressed, tmp_path):
    (tmp_path / "a.fcz").write_bytes(compressed["1aki"])
    importer = open_importer(tmp_path)
    (tmp_path / "b.fcz").write_bytes(compressed["1gcq"])
    assert open_importer(tmp_path).count == 2
    with pytest.raises(DatasetError, match="has 2 entries, but had 1: import it again"):
        importer.read(0, 1)


def test_names_without_a_lookup_or_with_half_of_one(write_database, compressed):
    path = write_database(compressed, lookup=False)
    assert read(path)[0].names.tolist() == ["1aki", "3o5r", "1gcq"]
    path.with_name("db.lookup").write_text("7\tother\t0\n1\tsecond\t0\n")
    assert read(path)[0].names.tolist() == ["1aki", "second", "1gcq"]


def test_a_damaged_entry_is_reported_and_left_out(write_database, compressed):
    path = write_database({**compressed, "1aki": compressed["1aki"][:-9]}, end=b"")
    pack, failures = read(path)
    assert pack.names.tolist() == ["3o5r", "1gcq"]
    assert [failure.path for failure in failures] == [path]
    assert failures[0].reason.startswith(f"{path}, entry 1aki: ends after 2146 of 2155 bytes")


def test_nothing_but_damaged_entries(compressed, tmp_path):
    (tmp_path / "a.fcz").write_bytes(compressed["1aki"][:-9])
    pack, failures = read(tmp_path)
    assert (len(pack), pack.num_residues, len(failures)) == (0, 0, 1)
    assert failures[0].reason.startswith(f"{tmp_path / 'a.fcz'}: ends after")


def test_a_database_that_is_cut_short_is_refused(write_database, compressed):
    path = write_database(compressed)
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(DatasetError, match=r"the file ends, but 1 of 3 entries go on .*key 2"):
        open_importer(path)


@pytest.mark.parametrize("table", ["index", "lookup"])
def test_damaged_tables_are_refused(write_database, compressed, table):
    path = write_database(compressed)
    with path.with_name(f"db.{table}").open("a") as file:
        file.write("x\ty\n")
    with pytest.raises(DatasetError, match=rf"db\.{table}: not the table of a Foldcomp database"):
        open_importer(path)


def test_other_databases_are_not_taken(write_database, tmp_path):
    assert open_importer(write_database({"a": b"MKV\n", "b": b"AC\n"})) is None
    (tmp_path / "db.index").write_text("")
    assert open_importer(tmp_path / "db") is None


def test_a_folder_of_both_kinds_is_refused(compressed, tmp_path):
    (tmp_path / "a.fcz").write_bytes(compressed["1aki"])
    (tmp_path / "a.pdb").write_text("")
    with pytest.raises(DatasetError, match="put them into folders of their own"):
        open_importer(tmp_path)


def test_without_the_extra(write_database, monkeypatch):
    path = write_database({"a": b"FCMP"})
    monkeypatch.setitem(sys.modules, "foldcomp", None)
    with pytest.raises(DatasetError, match=r"pip install 'torch-proteingraph\[foldcomp\]'"):
        open_importer(path)
