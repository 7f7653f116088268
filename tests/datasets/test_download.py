"""Downloads from a server that has its faults."""

from __future__ import annotations

import hashlib
import logging
import os
import socket

import pytest

from proteingraph.datasets.download import base_address, fetch
from proteingraph.errors import DatasetError, DownloadError

NAME = "3o5r.pdb.gz"


@pytest.fixture
def content(test_files):
    return (test_files / NAME).read_bytes()


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    """Waits between attempts, which are not waited for."""
    seconds = []
    monkeypatch.setattr("proteingraph.datasets.download.time.sleep", seconds.append)
    return seconds


def names(folder):
    """Files of a folder but for lock files, which stay."""
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


def test_a_file_arrives_whole_under_its_name(serve, test_files, tmp_path, content):
    server = serve(test_files)
    path = fetch(f"{server.url}/{NAME}", tmp_path / "a" / "b")
    assert path == tmp_path / "a" / "b" / NAME
    assert path.read_bytes() == content
    assert names(path.parent) == [NAME]


def test_a_file_that_is_there_is_not_asked_for(serve, test_files, tmp_path):
    server = serve(test_files)
    (tmp_path / "mine.gz").write_text("put here by hand")
    fetch(f"{server.url}/{NAME}", tmp_path, filename="mine.gz")
    assert server.asked == []
    assert names(tmp_path) == ["mine.gz"]


@pytest.mark.parametrize("algorithm", ["sha256", "md5"])
def test_a_right_checksum_is_enough_and_a_wrong_one_fetches_again(
    serve, test_files, tmp_path, content, algorithm
):
    server = serve(test_files)
    digest = hashlib.new(algorithm, content).hexdigest()
    checksum = digest if algorithm == "sha256" else f"{algorithm}:{digest.upper()}"
    (tmp_path / NAME).write_text("an old version")
    for _ in range(2):
        path = fetch(f"{server.url}/{NAME}", tmp_path, checksum=checksum)
        assert path.read_bytes() == content
    assert len(server.asked) == 1


def test_a_wrong_checksum_is_told_and_leaves_nothing(serve, test_files, tmp_path, content):
    server = serve(test_files)
    wrong, actual = "0" * 64, hashlib.sha256(content).hexdigest()
    with pytest.raises(DownloadError, match=rf"wrong checksum.*expected {wrong} but got {actual}"):
        fetch(f"{server.url}/{NAME}", tmp_path, checksum=wrong)
    assert names(tmp_path) == []
    assert len(server.asked) == 1


def test_a_download_that_breaks_off_goes_on(serve, test_files, tmp_path, content, waits):
    server = serve(test_files)
    server.cut[NAME] = [20_000, 10_000]
    assert fetch(f"{server.url}/{NAME}", tmp_path).read_bytes() == content
    assert [start for _, start in server.asked] == [None, "bytes=20000-", "bytes=30000-"]
    assert waits == [1, 2]
    assert names(tmp_path) == [NAME]


def test_a_later_call_goes_on_too(serve, test_files, tmp_path, content):
    server = serve(test_files)
    server.cut[NAME] = [20_000]
    with pytest.raises(DownloadError, match=f"cut short: got 20,000 of {len(content):,} bytes"):
        fetch(f"{server.url}/{NAME}", tmp_path, retries=0)
    assert not (tmp_path / NAME).exists()
    assert fetch(f"{server.url}/{NAME}", tmp_path, retries=0).read_bytes() == content
    assert server.asked[1] == (NAME, "bytes=20000-")


def test_what_arrived_whole_but_was_not_named_is_not_fetched_again(
    serve, test_files, tmp_path, content
):
    server = serve(test_files)
    server.cut[NAME] = [20_000]
    with pytest.raises(DownloadError):
        fetch(f"{server.url}/{NAME}", tmp_path, retries=0)
    (tmp_path / f".{NAME}.partial").write_bytes(content)
    assert fetch(f"{server.url}/{NAME}", tmp_path).read_bytes() == content
    assert server.sent == 20_000


@pytest.mark.parametrize("lack", ["ranges", "tags"])
def test_servers_that_cannot_resume_send_all_again(serve, test_files, tmp_path, content, lack):
    server = serve(test_files)
    setattr(server, lack, False)
    server.cut[NAME] = [20_000]
    assert fetch(f"{server.url}/{NAME}", tmp_path).read_bytes() == content
    assert server.sent == 20_000 + len(content)


def test_a_file_that_changed_meanwhile_is_not_pieced_together(serve, tmp_path):
    source = tmp_path / "server"
    source.mkdir()
    (source / "list.txt").write_bytes(b"old " * 10_000)
    server = serve(source)
    server.cut["list.txt"] = [12_000]
    with pytest.raises(DownloadError):
        fetch(f"{server.url}/list.txt", tmp_path, retries=0)
    (source / "list.txt").write_bytes(b"new " * 10_000)
    assert fetch(f"{server.url}/list.txt", tmp_path).read_bytes() == b"new " * 10_000


def test_content_is_kept_as_the_server_has_it(serve, test_files, tmp_path, content):
    server = serve(test_files)
    server.headers["Content-Encoding"] = "x-gzip"
    assert fetch(f"{server.url}/{NAME}", tmp_path).read_bytes() == content


def test_absent_files_are_told_at_once_with_the_manual_route(serve, test_files, tmp_path):
    server = serve(test_files)
    with pytest.raises(DownloadError) as caught:
        fetch(f"{server.url}/9xyz.pdb", tmp_path, manual="see https://example.org")
    text = str(caught.value)
    assert text.startswith(f"{server.url}/9xyz.pdb: the server has no such file (404 Not Found)")
    assert f"see https://example.org; fetch it by other means and put it at {tmp_path}" in text
    assert caught.value.missing
    assert isinstance(caught.value, DatasetError)
    assert len(server.asked) == 1


def test_refusals_are_told_at_once(serve, test_files, tmp_path):
    server = serve(test_files)
    server.status[NAME] = [403]
    with pytest.raises(DownloadError, match=r"refused it \(403 Forbidden\)") as caught:
        fetch(f"{server.url}/{NAME}", tmp_path)
    assert not caught.value.missing


def test_passing_faults_are_waited_out(serve, test_files, tmp_path, content, waits, caplog):
    server = serve(test_files)
    server.status[NAME] = [503, 429, 500]
    with caplog.at_level(logging.INFO):
        assert fetch(f"{server.url}/{NAME}", tmp_path).read_bytes() == content
    assert waits == [1, 2, 4]
    assert "503 Service Unavailable); trying again" in caplog.text


def test_a_server_that_is_away(tmp_path, waits):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(
        DownloadError, match=r"cannot be reached \(.*refused\).*put it at"
    ) as caught:
        fetch(f"http://127.0.0.1:{port}/list.txt", tmp_path, retries=2)
    assert waits == [1, 2]
    assert not caught.value.missing


def test_a_server_that_says_nothing(tmp_path):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/list.txt"
        with pytest.raises(DownloadError, match=r"no answer within 0\.2 s"):
            fetch(url, tmp_path, retries=0, timeout=0.2)


def test_a_folder_that_cannot_be_made(serve, test_files, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DownloadError, match="cannot be written"):
        fetch(f"{serve(test_files).url}/{NAME}", tmp_path / "file")


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "ftp://127.0.0.1/a.txt", "a.txt", ""])
def test_what_is_no_address_of_a_file_is_refused(url, tmp_path):
    with pytest.raises(DatasetError, match="no address of a file"):
        fetch(url, tmp_path)


def test_a_mirror_is_taken_from_the_caller_or_the_environment(monkeypatch):
    monkeypatch.delenv("SOME_URL", raising=False)
    assert base_address("http://usual/", None, "SOME_URL") == "http://usual"
    monkeypatch.setitem(os.environ, "SOME_URL", "http://near")
    assert base_address("http://usual", None, "SOME_URL") == "http://near"
    assert base_address("http://usual", "http://given/", "SOME_URL") == "http://given"
