"""Whole entries, in a folder or on a server."""

from __future__ import annotations

import shutil

import pytest

from proteingraph.datasets.entries import EntrySource
from proteingraph.errors import DatasetError, DownloadError


@pytest.fixture
def archive(tmp_path, test_files):
    """Entries in folders by their middle letters, as the wwPDB has them."""
    folder = tmp_path / "archive"
    for room, name, source in (
        ("ak", "pdb1aki.ent.gz", "1aki.pdb.gz"),
        ("ak", "1aki.cif.gz", "1aki.cif.gz"),
        ("o5", "pdb3o5r.ent.gz", "3o5r.pdb.gz"),
        ("zn", "5zng.bcif.gz", "5zng.bcif.gz"),
    ):
        (folder / room).mkdir(parents=True, exist_ok=True)
        shutil.copy(test_files / source, folder / room / name)
    return folder


def test_entries_are_found_by_their_names(archive, tmp_path):
    source = EntrySource(archive, tmp_path)
    assert source.find("1aki") == archive / "ak" / "1aki.cif.gz"
    assert source.find("3o5r") == archive / "o5" / "pdb3o5r.ent.gz"
    assert source.find("5zng") == archive / "zn" / "5zng.bcif.gz"
    with pytest.raises(DatasetError, match=r"archive: no file of entry 9abc; it may be obsolete"):
        source.find("9abc")


def test_entries_are_downloaded_once(archive, serve, tmp_path):
    server = serve(archive)
    source = EntrySource(f"{server.url}/{{middle}}/pdb{{code}}.ent.gz", tmp_path / "kept")
    for _ in range(2):
        path = source.find("3o5r")
        assert path == tmp_path / "kept" / "pdb3o5r.ent.gz"
        assert path.read_bytes() == (archive / "o5" / path.name).read_bytes()
    assert server.asked == [("o5/pdb3o5r.ent.gz", None)]
    with pytest.raises(DownloadError) as caught:
        source.find("9abc")
    assert caught.value.missing


def test_sources_that_are_none_are_refused(tmp_path):
    with pytest.raises(DatasetError, match=r"no \{code\} in place"):
        EntrySource("https://files.rcsb.org/download/", tmp_path)
    with pytest.raises(DatasetError, match="no structure files"):
        EntrySource(tmp_path / "absent", tmp_path)
