"""Structure files in tar archives."""

from __future__ import annotations

import gzip
import io
import tarfile

import pytest

from proteingraph.datasets.store.archives import archive_items, count_members
from proteingraph.datasets.store.items import read_item


@pytest.fixture
def make_archive(tmp_path):
    """Function that packs names and contents; None makes a link, a folder's name ends in /."""

    def make(members, name="some.tar"):
        path = tmp_path / name
        with tarfile.open(path, "w:gz" if name.endswith("gz") else "w") as archive:
            for member, content in members:
                info = tarfile.TarInfo(member.rstrip("/"))
                if content is None:
                    info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
                elif member.endswith("/"):
                    info.type = tarfile.DIRTYPE
                else:
                    info.size = len(content)
                archive.addfile(info, io.BytesIO(content or b""))
        return path

    return make


def outcomes(path):
    return [item.read(complexes=False) for item in archive_items(path)]


@pytest.mark.parametrize("name", ["some.tar", "some.tar.gz"])
def test_members_are_read_in_their_order(make_archive, folder, name):
    two, one = (folder / "two.pdb").read_bytes(), (folder / "deeper" / "one.ent").read_bytes()
    members = [("z/", b""), ("z/two.pdb", two), ("notes.txt", b"?")]
    path = make_archive([*members, ("one.ent.gz", gzip.compress(one))], name)
    first, second = outcomes(path)
    assert first.file == f"{name}/z/two.pdb"
    assert first.pack.names.tolist() == ["two_A", "two_B"]
    assert first.pack.labels["file"].tolist() == [f"{name}/z/two.pdb"] * 2
    assert second.pack.names.tolist() == ["one_X"]
    assert count_members(path) == 2


def test_members_that_lead_out_are_refused_and_nothing_is_written(make_archive, folder, tmp_path):
    two = (folder / "two.pdb").read_bytes()
    names = ["../evil.pdb", "/tmp/evil.pdb", "a/../../evil.pdb", "good.pdb"]
    path = make_archive([*((name, two) for name in names), ("link.pdb", None)])
    before = sorted(tmp_path.rglob("*"))
    items = list(archive_items(path))
    assert [bool(getattr(item, "reason", "")) for item in items] == [True, True, True, False, True]
    assert "is a link or device" in items[-1].reason
    assert all("leads out of the archive" in item.reason for item in items[:3])
    assert items[3].read(complexes=False).pack.names.tolist() == ["good_A", "good_B"]
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", ["some.tar", "some.tar.gz"])
def test_a_damaged_archive_gives_what_comes_before(make_archive, test_files, name):
    content = (test_files / "1aki.pdb").read_bytes()
    path = make_archive([("a.pdb", content), ("b.pdb", content), ("c.pdb", content)], name)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    items = list(archive_items(path))
    assert items[0].read(complexes=False).pack.names.tolist() == ["a_A"]
    assert len(items) < 4
    assert f"{path}: damaged archive" in items[-1].reason
    assert count_members(path) >= len(items) - 1


def test_what_is_no_archive(tmp_path):
    path = tmp_path / "no.tar"
    path.write_text("no archive" * 1000)
    (item,) = archive_items(path)
    assert "damaged archive" in item.reason
    assert count_members(path) == 1


def test_a_bad_member_is_told_by_its_name(make_archive):
    (item,) = archive_items(make_archive([("bad.pdb", b"no structure\n")]))
    outcome = read_item(item, False)
    assert outcome.pack is None
    ((file, chain, reason),) = outcome.failures
    assert (file, chain) == ("some.tar/bad.pdb", "")
    assert "some.tar/bad.pdb" in reason
