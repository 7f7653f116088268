"""Addresses of a release's files."""

from __future__ import annotations

import pytest

from proteingraph.datasets.cath.release import CathRelease
from proteingraph.errors import DatasetError, DownloadError


@pytest.mark.parametrize(
    ("version", "place", "end"),
    [("v4_2_0", "all-releases/v4_2_0", "-v4_2_0"), ("latest", "latest-release", "")],
)
def test_files_are_asked_for_where_the_server_has_them(serve, tmp_path, version, place, end):
    server = serve(tmp_path / "empty")
    release = CathRelease(tmp_path, version, f"{server.url}/cath/releases/")
    asked = {
        release.domain_list: f"cath-classification-data/cath-domain-list{end}.txt",
        release.names: f"cath-classification-data/cath-names{end}.txt",
        release.boundaries: f"cath-classification-data/cath-domain-boundaries{end}.txt",
        lambda: release.representatives("S20"): (
            f"non-redundant-data-sets/cath-dataset-nonredundant-S20{end}.list"
        ),
        lambda: release.structures("S40"): (
            f"non-redundant-data-sets/cath-dataset-nonredundant-S40{end}.pdb.tgz"
        ),
    }
    for ask, path in asked.items():
        with pytest.raises(DownloadError, match=r"404.*cathdb\.info/download.*PROTEINGRAPH_CATH"):
            ask()
        assert server.asked.pop() == (f"cath/releases/{place}/{path}", None)


def test_a_mirror_can_be_named_by_the_environment(serve, server_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("PROTEINGRAPH_CATH_URL", f"{serve(server_folder).url}/cath/releases")
    path = CathRelease(tmp_path / "raw", "v4_3_0").names()
    assert path == tmp_path / "raw" / "cath-names-v4_3_0.txt"
    assert ":Mainly Alpha" in path.read_text()


@pytest.mark.parametrize("version", ["4.3.0", "v4_3", "newest", ""])
def test_other_versions_are_refused(tmp_path, version):
    with pytest.raises(DatasetError, match="expected such as 'v4_3_0', or 'latest'"):
        CathRelease(tmp_path, version)
