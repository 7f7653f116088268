"""Foldcomp's databases and files, made from real structures by Foldcomp itself."""

from __future__ import annotations

import gzip
import pickle
import re
import struct
import sys

import numpy as np
import pytest

from proteingraph.datasets.importers import open_importer
from proteingraph.errors import DatasetError
from proteingraph.io import read_structure

library = pytest.importorskip(
    "foldcomp", reason="needs the extra: pip install 'torch-proteingraph[foldcomp]'"
)

STRUCTURES = {"1aki": "1aki.pdb", "3o5r": "3o5r.pdb.gz", "1gcq": "1GCQ_l_b.pdb.gz"}
LENGTHS = {"1aki": 129, "3o5r": 128, "1gcq": 69}
CHAINS = {"1aki": "A", "3o5r": "A", "1gcq": "C"}


@pytest.fixture(scope="module")
def texts(test_files):
    """Atoms of whole, unbroken chains in PDB format, of the first alternates; by name."""
    found = {}
    for name, file in STRUCTURES.items():
        content = (test_files / file).read_bytes()
        lines = (gzip.decompress(content) if file.endswith(".gz") else content).decode().split("\n")
        atoms = [line for line in lines if line.startswith("ATOM") and line[16] in " A"]
        found[name] = "".join(f"{line[:16]} {line[17:]}\n" for line in atoms)
    return found


@pytest.fixture(scope="module")
def compressed(texts):
    """The chains as Foldcomp compresses them, by name."""
    return {name: library.compress(name, text) for name, text in texts.items()}


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
    assert pack.lengths.tolist() == list(LENGTHS.values())
    assert pack.chain_ids.tolist() == list(CHAINS.values())
    assert pack.segment is None
    assert [len(run) for run, _ in importer.packs(size=2)] == [2, 1]
    assert importer.read(1, 2)[0].names.tolist() == ["AF-3o5r-F1"]


@pytest.mark.parametrize("name", STRUCTURES)
def test_chains_come_near_the_originals(write_database, compressed, texts, name):
    pack, _ = read(write_database(compressed))
    graph = pack[list(STRUCTURES).index(name)]
    original = read_structure(texts[name].encode(), format="pdb")
    assert np.array_equal(graph.residue_type, original.residue_type)
    assert np.array_equal(graph.residue_number, original.residue_number)
    distance = np.linalg.norm(graph.backbone.numpy() - original.backbone, axis=-1)
    # Angles are kept in 8 to 12 bits: measured 0.03 to 0.08 Å r.m.s., at most 0.19 Å.
    assert np.sqrt((distance**2).mean()) < 0.1 and distance.max() < 0.25
    # One of 256 values between the least and the largest.
    step = np.ptp(original.b_factor) / 255
    assert np.abs(graph.b_factor.numpy() - original.b_factor).max() < 0.51 * step + 0.005


@pytest.mark.parametrize("name", STRUCTURES)
def test_coordinates_are_those_that_foldcomp_writes(write_database, compressed, name):
    pack, _ = read(write_database(compressed))
    graph = pack[list(STRUCTURES).index(name)]
    _, text = library.decompress(compressed[name])
    written = read_structure(text.encode(), format="pdb")
    assert len(set(written.sequence)) >= 19  # the atoms of nearly all kinds are in their places
    assert np.abs(graph.backbone.numpy() - written.backbone).max() < 0.00051
    assert np.abs(graph.b_factor.numpy() - written.b_factor).max() < 0.0051


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


def test_negative_numbers(texts, tmp_path):
    lines = texts["1aki"].splitlines()
    moved = "\n".join(f"{line[:22]}{int(line[22:26]) - 5:4d}{line[26:]}" for line in lines)
    (tmp_path / "x.fcz").write_bytes(library.compress("x", moved))
    pack, _ = read(tmp_path / "x.fcz")
    assert pack.residue_number[:6].tolist() == [-4, -3, -2, -1, 0, 1]


def test_names_without_a_lookup_or_with_half_of_one(write_database, compressed):
    path = write_database(compressed, lookup=False)
    assert read(path)[0].names.tolist() == ["1aki", "3o5r", "1gcq"]
    path.with_name("db.lookup").write_text("7\tother\t0\n1\tsecond\t0\n")
    assert read(path)[0].names.tolist() == ["1aki", "second", "1gcq"]


def change(content, at, new):
    return content[:at] + new + content[at + len(new) :]


# Where the first residue's 8 bytes are in 1aki: header, 7 anchors, title, anchor atoms, OXT.
BACKBONE = 76 + 7 * 4 + 4 + 7 * 36 + 13
HARM = {
    "nothing": (lambda c: b"", "begins with b'', expected b'FCMP'"),
    "newer": (lambda c: b"FCZC" + c[4:], "begins with b'FCZC'"),
    "header": (lambda c: c[:50], "ends after 50 bytes, within its header"),
    "cut": (lambda c: c[:-1], "ends after 2154 of 2155 bytes"),
    "zeros": (lambda c: b"FCMP" + bytes(len(c)), "holds 0 residues"),
    "longer": (lambda c: change(c, 4, b"\xff\xff"), r"ends after 2155 of \d+ bytes"),
    "anchors": (lambda c: change(c, 76, b"\x09"), "its anchors do not span the chain"),
    "residue": (lambda c: change(c, BACKBONE + 8 * 4, b"\xb0"), "residue 5 is none of the 20"),
    "sequence": (lambda c: change(c, BACKBONE, b"\x38"), "side chains do not fit its sequence"),
    "numbers": (lambda c: change(c, 108, b"\xff" * 12), "not a finite number"),
}


@pytest.mark.parametrize("harm", HARM)
def test_a_damaged_entry_is_reported_and_left_out(write_database, compressed, harm):
    spoil, message = HARM[harm]
    path = write_database({**compressed, "1aki": spoil(compressed["1aki"])}, end=b"")
    pack, failures = read(path)
    assert pack.names.tolist() == ["3o5r", "1gcq"]
    assert [failure.path for failure in failures] == [path]
    assert failures[0].reason.startswith(f"{path}, entry 1aki: ")
    assert re.search(message, failures[0].reason)


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


def test_without_the_extra(write_database, compressed, monkeypatch):
    path = write_database(compressed)
    monkeypatch.setitem(sys.modules, "foldcomp", None)
    with pytest.raises(DatasetError, match=r"pip install 'torch-proteingraph\[foldcomp\]'"):
        open_importer(path)
