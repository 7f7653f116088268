"""Fixtures of the tests of the zoo: a folder of the zoo that may be changed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from proteingraph.zoo import registry


@pytest.fixture
def zoo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy of the smallest shipped weights, as all there is in the zoo."""
    folder = tmp_path / "zoo"
    smallest = min(
        registry.SHIPPED.glob("*/model.safetensors"), key=lambda path: path.stat().st_size
    )
    shutil.copytree(smallest.parent, folder / smallest.parent.name)
    monkeypatch.setattr(registry, "SHIPPED", folder)
    return folder / smallest.parent.name
