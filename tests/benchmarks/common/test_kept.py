"""Trainings that are kept are taken for what they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.common.kept import RESULT, kept_result
from proteingraph.errors import ConfigError


def test_a_result_is_taken_if_it_is_of_the_same_settings(tmp_path: Path):
    assert kept_result(tmp_path, {"seed": 1}) is None
    record = {"about": {"seed": 1, "steps": 5, "more": "said"}, "test": 0.5}
    (tmp_path / RESULT).write_text(json.dumps(record), encoding="utf-8")
    assert kept_result(tmp_path, {"seed": 1, "steps": 5}) == record
    with pytest.raises(ConfigError, match="steps, mode"):
        kept_result(tmp_path, {"seed": 1, "steps": 6, "mode": "frozen"})
