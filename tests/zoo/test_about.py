"""Tests of what only a person knows of weights, in YAML."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from proteingraph.errors import ConfigError
from proteingraph.zoo.about import read_about

ABOUT = {
    "name": "tiny.test",
    "description": "A network for this test.",
    "licence": "MIT",
    "objective": "none",
    "data": {"description": "d", "licence": "l", "held_out": "h", "caveat": "c"},
    "command": "proteingraph pretrain x",
    "commit": "c628809",
    "hardware": "this machine",
    "use": "none",
    "limits": ["untrained"],
    "judged_on": "nothing",
}


def test_later_files_win(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(ABOUT))
    (tmp_path / "b.yaml").write_text("name: other.test\n")
    assert read_about([tmp_path / "a.yaml", tmp_path / "b.yaml"]).name == "other.test"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: x.y", "description: Field required"),
        ("{", "no plain YAML"),
        ("- a", "no plain YAML"),
        ("", "no plain YAML"),
        (yaml.safe_dump({**ABOUT, "note": 1}), "note: Unexpected"),
    ],
)
def test_garbage(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(ConfigError, match=rf"a\.yaml: .*{message}"):
        read_about([tmp_path / "a.yaml"])
