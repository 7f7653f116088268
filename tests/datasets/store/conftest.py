"""Stores that the tests share, and their bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from proteingraph.datasets import ChainPack
from proteingraph.datasets.store import ChainStore, StoreWriter


def write_store(path: Path, *packs: ChainPack) -> Path:
    """Write packs to a new store."""
    with StoreWriter(path) as writer:
        for pack in packs:
            writer.append(pack)
    return path


@pytest.fixture
def store(pack: ChainPack, tmp_path: Path) -> ChainStore:
    """The three graphs of `pack` in a store."""
    return ChainStore(write_store(tmp_path / "store", pack))


@pytest.fixture
def make_store() -> Callable[..., Path]:
    """Function that writes packs to a new store."""
    return write_store


@pytest.fixture
def contents() -> Callable[[Path], dict[str, bytes]]:
    """Function that reads all files of a folder."""

    def read(folder: Path) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}

    return read
