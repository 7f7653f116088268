"""ProMod3's StructureDB: an excerpt of the one that Debian packages, whole and damaged."""

from __future__ import annotations

import pickle
import struct

import numpy as np
import pytest

from proteingraph.datasets import load_cath_scop_mini
from proteingraph.datasets.importers import open_importer, open_promod3
from proteingraph.errors import DatasetError
from proteingraph.io import read_structure
from proteingraph.io.alphabet import decode_sequence

LENGTHS = {
    "1vqo_2": 31,
    "1use_A": 40,
    "2erl_A": 40,
    "1j2j_B": 41,
    "1p9g_A": 41,
    "1gcq_C": 69,
    "1o1z_A": 226,
}
STORED = 73
"""Where the flags of what is stored are: what follows is the number of chains, then the chains."""
FIRST_CHAIN = 85
CHAIN_BYTES = 33
SEQUENCE = FIRST_CHAIN + CHAIN_BYTES * len(LENGTHS)
COORDINATES = SEQUENCE + 8 + sum(LENGTHS.values())


@pytest.fixture(scope="module")
def database(test_files):
    """The excerpt."""
    return test_files / "structure_db.dat"


@pytest.fixture
def changed(database, tmp_path):
    """Function that writes a copy of the excerpt with bytes of it replaced, or cut off."""

    def write(at=0, new=b"", end=None):
        content = database.read_bytes()
        (tmp_path / "x.dat").write_bytes((content[:at] + new + content[at + len(new) :])[:end])
        return tmp_path / "x.dat"

    return write


def test_chains(database):
    importer = open_importer(database)
    assert (importer.name, importer.path) == ("ProMod3 StructureDB", database)
    assert importer.count == len(LENGTHS)
    pack, failures = importer.read(0, importer.count)
    assert dict(zip(pack.names.tolist(), pack.lengths.tolist(), strict=True)) == LENGTHS
    assert pack.chain_ids.tolist() == ["2", "A", "A", "B", "A", "C", "A"]
    assert pack.has_backbone and pack.atom_mask is None and pack.segment is None
    assert failures == []


def test_coordinates_are_those_of_the_entry_in_its_frame(database, test_files):
    pack, _ = open_importer(database).read(5, 6)
    entry = read_structure(test_files / "1GCQ_l_b.pdb.gz")
    graph = pack[0]
    assert decode_sequence(pack.residue_type) == entry.sequence
    # 0.01 Å in each of x, y and z.
    assert np.abs(graph.backbone.numpy() - entry.backbone).max() < 0.0051


def test_shipped_domains_are_found_again(database):
    shipped = load_cath_scop_mini()
    chain_of = shipped.labels["chain_name"].tolist()
    pack, _ = open_importer(database).read(1, len(LENGTHS))
    for i, name in enumerate(pack.names):
        domain, chain = shipped[chain_of.index(name)], pack[i]
        assert domain.residue_type.tolist() == chain.residue_type.tolist()
        assert domain.residue_number.tolist() == chain.residue_number.tolist()
        moved = (domain.backbone - chain.backbone).reshape(-1, 3)
        assert (moved - moved.mean(0)).abs().max() < 0.01


def test_any_run_in_any_process_gives_the_same(database):
    importer = pickle.loads(pickle.dumps(open_importer(database)))
    whole, _ = importer.read(0, importer.count)
    runs = [pack for pack, _ in importer.packs(size=3)]
    assert [len(run) for run in runs] == [3, 3, 1]
    for name in ("names", "coordinates", "residue_type", "residue_number"):
        joined = np.concatenate([getattr(run, name) for run in runs])
        assert np.array_equal(joined, getattr(whole, name))
    assert [pack.names.tolist() for pack, _ in importer.packs(first=6)] == [["1o1z_A"]]


def test_a_file_that_changed_is_not_read_on(changed):
    importer = open_importer(changed())
    changed(STORED, struct.pack("<i", 0), SEQUENCE)
    with pytest.raises(DatasetError, match=r"x\.dat: was changed since it was opened"):
        importer.read(0, 1)


def test_a_stretch_apart_is_a_segment_of_its_own(database, changed):
    rows = 24 * 31 + 24 * 10  # the tenth residue of the second chain, and on to its end
    at = COORDINATES + 8 + rows
    old = np.frombuffer(database.read_bytes()[at : at + 24 * 30], "<u2")
    pack, _ = open_promod3(changed(at, (old + 200).astype("<u2").tobytes())).read(0, 3)
    assert pack[0].segment.unique().tolist() == [0]
    assert pack[1].segment.tolist() == [0] * 10 + [1] * 30
    assert pack[2].segment.unique().tolist() == [0]


def test_other_data_need_not_be_stored(changed):
    end = COORDINATES + 8 + 24 * sum(LENGTHS.values())
    path = changed(STORED, struct.pack("<i", 0), end)
    assert open_promod3(path).count == len(LENGTHS)


@pytest.mark.parametrize(
    ("at", "new", "end", "message"),
    [
        (0, b"", 40, "offset 40: ends within its header"),
        (0, b"", FIRST_CHAIN + 40, f"offset {FIRST_CHAIN + CHAIN_BYTES}: no entry of a chain"),
        (0, b"", SEQUENCE + 4, f"offset {SEQUENCE}: the file ends"),
        (0, b"", COORDINATES + 999, "the file ends within an array of 488 rows"),
        (0, b"", -1, "the file ends within an array of 488 rows"),
        (STORED + 4, bytes(8), None, "holds no chains"),
        (STORED + 4, struct.pack("<Q", 2**60), None, "no entry of a chain"),
        (FIRST_CHAIN, b"\xff\xff\xff\xff", None, "no entry of a chain, after 0 of 7"),
        (FIRST_CHAIN + 4, b"\xff", None, "no entry of a chain, after 0 of 7"),
        (FIRST_CHAIN + 13, b"\x01", None, "entry of chain 0 does not follow the others"),
        (SEQUENCE, b"\x00", None, f"offset {SEQUENCE}: an array of 256 rows, expected"),
    ],
)
def test_damaged_files_are_refused(changed, at, new, end, message):
    path = changed(at, new, end)
    with pytest.raises(DatasetError, match=rf"x\.dat.*{message}.*fetch it again"):
        open_importer(path)


def test_a_longer_file_is_refused(database, tmp_path):
    (tmp_path / "x.dat").write_bytes(database.read_bytes() + b"more")
    with pytest.raises(DatasetError, match="4 bytes more than its tables account for"):
        open_importer(tmp_path / "x.dat")


@pytest.mark.parametrize(("at", "value"), [(4, 3), (12, 8), (56, 0)])
def test_other_files_of_promod3_are_refused(changed, at, value):
    path = changed(at, struct.pack("<I", value))
    with pytest.raises(DatasetError, match=rf"x\.dat, offset {at}: .* no StructureDB of version 2"):
        open_importer(path)


def test_foreign_files_are_not_taken(test_files, tmp_path):
    (tmp_path / "short").write_bytes(b"\xd2")
    for path in (test_files / "1aki.pdb", tmp_path / "short", tmp_path, tmp_path / "nowhere"):
        assert open_importer(path) is None
