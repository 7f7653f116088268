"""An index of shipped domains, by a small network with random weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from proteingraph.datasets import ChainPack, load_cath_scop_mini
from proteingraph.search import Index


@pytest.fixture(scope="session")
def domains() -> ChainPack:
    """The 24 shortest shipped domains."""
    shipped = load_cath_scop_mini()
    return shipped.subset(shipped.lengths.argsort(kind="stable")[:24])


@pytest.fixture(scope="session")
def packed(domains: ChainPack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """File of these domains."""
    path = tmp_path_factory.mktemp("packed") / "domains.npz"
    domains.save(path)
    return path


@pytest.fixture(scope="session")
def index(packed: Path, weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Index of these domains; not to be changed."""
    return Index.build([packed], tmp_path_factory.mktemp("index") / "domains.index", weights)


@pytest.fixture(scope="session")
def contents() -> Callable[[Path], dict[str, bytes]]:
    """Function that reads all files of a folder."""

    def read(folder: Path) -> dict[str, bytes]:
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}

    return read
