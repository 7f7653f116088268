"""Archives that are whole, damaged, or mean harm."""

from __future__ import annotations

import io
import tarfile

import pytest

from proteingraph.datasets.archive import read_members
from proteingraph.errors import DatasetError


def pack(path, *members, mode="w:gz"):
    """Write a tar archive of members made by `member`, with content for files."""
    with tarfile.open(path, mode) as archive:
        for info in members:
            archive.addfile(info, io.BytesIO(b"x" * info.size))
    return path


def member(name, kind=tarfile.REGTYPE, size=0, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname = kind, size, target
    return info


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_files_are_read_in_turn(tmp_path, test_files, mode):
    with tarfile.open(tmp_path / "a.tar", mode) as archive:
        archive.add(test_files, "./dompdb", recursive=False)
        for name in ("1aki.pdb", "altloc.cif"):
            archive.add(test_files / name, f"./dompdb/{name}")
    read = dict(read_members(tmp_path / "a.tar"))
    assert list(read) == ["dompdb/1aki.pdb", "dompdb/altloc.cif"]
    assert read["dompdb/altloc.cif"] == (test_files / "altloc.cif").read_bytes()


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (member("../../escaped", size=3), "outside the folder"),
        (member("/etc/escaped", size=3), "outside the folder"),
        (member("dompdb/../../escaped", size=3), "outside the folder"),
        (member("C:\\escaped", size=3), "outside the folder"),
        (member("dompdb/out", tarfile.SYMTYPE, target="/etc"), "link to '/etc'"),
        (member("dompdb/out", tarfile.LNKTYPE, target="../x"), r"link to '\.\./x'"),
        (member("dompdb/null", tarfile.CHRTYPE), "no regular file"),
        (member("dompdb/pipe", tarfile.FIFOTYPE), "no regular file"),
    ],
)
def test_members_that_mean_harm_are_refused_by_name(tmp_path, bad, problem):
    archive = pack(tmp_path / "bad.tgz", member("dompdb/1abcA00", size=5), bad)
    members = read_members(archive)
    assert next(members) == ("dompdb/1abcA00", b"xxxxx")
    with pytest.raises(DatasetError, match=problem) as caught:
        next(members)
    assert str(archive) in str(caught.value)
    assert repr(bad.name) in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["bad.tgz"]


def test_members_of_monstrous_size_are_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr("proteingraph.datasets.archive.MAX_MEMBER_BYTES", 4)
    archive = pack(tmp_path / "big.tgz", member("dompdb/1abcA00", size=5))
    with pytest.raises(DatasetError, match="'dompdb/1abcA00' has 5 bytes"):
        list(read_members(archive))


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_archives_that_are_cut_short_are_told(tmp_path, test_files, mode):
    with tarfile.open(tmp_path / "a.tar", mode) as archive:
        archive.add(test_files / "1aki.pdb.gz", "one")
        archive.add(test_files / "3o5r.pdb.gz", "two")
    content = (tmp_path / "a.tar").read_bytes()
    (tmp_path / "a.tar").write_bytes(content[: len(content) * 2 // 3])
    members = read_members(tmp_path / "a.tar")
    assert next(members)[0] == "one"
    with pytest.raises(DatasetError, match=r"a\.tar: no whole tar archive.*fetch it again"):
        list(members)


def test_absent_files_and_other_files_are_told(tmp_path, test_files):
    with pytest.raises(DatasetError, match="no such file"):
        list(read_members(tmp_path / "absent.tgz"))
    with pytest.raises(DatasetError, match="no whole tar archive"):
        list(read_members(test_files / "1aki.pdb"))
