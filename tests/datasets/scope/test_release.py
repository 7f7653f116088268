"""Where the files of a release are, here and on the server."""

from __future__ import annotations

import pytest

from proteingraph.datasets.scope.release import ScopeRelease
from proteingraph.errors import DatasetError, DownloadError


@pytest.fixture
def server(serve, release):
    """The server of SCOPe, with the small release."""
    return serve(release.site)


@pytest.fixture
def files(server, tmp_path):
    """Files of release 2.08, none of which is there yet."""
    return ScopeRelease(tmp_path / "raw", "2.08", f"{server.url}/downloads")


def test_files_are_downloaded_where_they_are_on_the_server(files, server, release):
    got = [files.parseable(kind) for kind in ("cla", "des", "hie")]
    got += [files.subset(40), *files.structures(40)]
    assert [path for path, _ in server.asked] == [
        "downloads/parse/dir.cla.scope.2.08-stable.txt",
        "downloads/parse/dir.des.scope.2.08-stable.txt",
        "downloads/parse/dir.hie.scope.2.08-stable.txt",
        "downloads/scopeseq-2.08/astral-scopedom-seqres-gd-sel-gs-bib-40-2.08.fa",
        "downloads/pdbstyle/pdbstyle-sel-gs-bib-40-2.08.tgz",
    ]
    for path in got:
        assert path.parent == files.folder
        assert path.read_bytes() == release.files[path.name].read_bytes()


def test_files_that_are_there_are_not_asked_for(files, server):
    for _ in range(2):
        files.parseable("cla")
        files.structures(40)
    assert len(server.asked) == 2


def test_releases_of_scop_have_other_names(server, tmp_path):
    files = ScopeRelease(tmp_path, "1.75", f"{server.url}/downloads")
    for call in (lambda: files.parseable("cla"), lambda: files.subset(95)):
        with pytest.raises(DownloadError, match="no such file"):
            call()
    assert [path for path, _ in server.asked] == [
        "downloads/parse/dir.cla.scop.1.75.txt",
        "downloads/scopseq-1.75/astral-scopdom-seqres-gd-sel-gs-bib-95-1.75.fa",
    ]


def test_the_latest_update_does_if_the_release_itself_is_not_there(files):
    files.folder.mkdir()
    for day in ("2022-06-29", "2023-01-06"):
        (files.folder / f"dir.cla.scope.2.08-{day}.txt").write_text("")
    assert files.parseable("cla").name == "dir.cla.scope.2.08-2023-01-06.txt"
    (files.folder / "dir.cla.scope.2.08-stable.txt").write_text("")
    assert files.parseable("cla").name == "dir.cla.scope.2.08-stable.txt"


def test_a_list_of_identifiers_does_for_the_sequences(files, server):
    files.folder.mkdir()
    listed = files.folder / "astral-scopedom-seqres-gd-sel-gs-bib-40-2.08.id"
    listed.write_text("d1dlwa_\n")
    assert files.subset(40) == listed
    assert server.asked == []


def test_an_unpacked_archive_does_until_the_archive_is_there(files, server):
    unpacked = files.folder / "pdbstyle-2.08"
    unpacked.mkdir(parents=True)
    assert files.structures(40) == files.structures(None) == [unpacked]
    assert server.asked == []
    archive = files.folder / "pdbstyle-sel-gs-bib-40-2.08.tgz"
    archive.write_bytes(b"")
    assert files.structures(40) == [archive]


@pytest.fixture
def parts(serve, tmp_path):
    """A server with all structures in ten archives, and a release that is to get them."""
    room = tmp_path / "server" / "pdbstyle"
    room.mkdir(parents=True)
    for part in range(1, 11):
        (room / f"pdbstyle-2.08-{part}.tgz").write_text(f"part {part}")
    server = serve(room.parent)
    return server, ScopeRelease(tmp_path / "raw", "2.08", server.url)


def test_all_structures_come_in_parts(parts):
    server, files = parts
    for _ in range(2):
        names = [path.name for path in files.structures(None)]
        assert names == [f"pdbstyle-2.08-{part}.tgz" for part in range(1, 11)]
    assert len(server.asked) == 11


def test_parts_that_broke_off_are_taken_up_again(parts):
    server, files = parts
    server.status["pdbstyle/pdbstyle-2.08-4.tgz"] = [403]
    with pytest.raises(DownloadError, match=r"2\.08-4\.tgz: the server refused it"):
        files.structures(None)
    assert len(files.structures(None)) == 10
    assert [path for path, _ in server.asked].count("pdbstyle/pdbstyle-2.08-3.tgz") == 1


def test_failures_tell_where_to_put_what(files):
    with pytest.raises(DownloadError) as caught:
        files.structures(95)
    text = str(caught.value)
    assert "see https://scop.berkeley.edu/downloads/ver=2.08" in text
    assert f"put it at {files.folder / 'pdbstyle-sel-gs-bib-95-2.08.tgz'}" in text


@pytest.mark.parametrize("version", ["", "2", "../2.08", "v2.08", "latest"])
def test_what_is_no_version_is_refused(version, tmp_path):
    with pytest.raises(DatasetError, match="no SCOPe version"):
        ScopeRelease(tmp_path, version)
