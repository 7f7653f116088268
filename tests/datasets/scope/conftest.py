"""The small release that the tests of SCOPe read."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.scope_release import MiniRelease, build


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> MiniRelease:
    """A release in the true layout, made of shipped domains."""
    return build(tmp_path_factory.mktemp("scope"))


@pytest.fixture
def root(release: MiniRelease, tmp_path: Path) -> Path:
    """Folder of a data set whose raw files are all there."""
    raw = tmp_path / "scope" / "raw"
    raw.mkdir(parents=True)
    for name, path in release.files.items():
        (raw / name).write_bytes(path.read_bytes())
    return raw.parent
