"""Tests of records, and of files that are not what their record says."""

from __future__ import annotations

import hashlib
import json
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest

from proteingraph.errors import WeightsError
from proteingraph.zoo.record import check_files, read_record, write_record


def change(folder: Path, **values: Any) -> None:
    path = folder / "record.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_round_trip(zoo: Path) -> None:
    record = read_record(zoo)
    before = (zoo / "record.json").read_bytes()
    write_record(zoo, record)
    assert (zoo / "record.json").read_bytes() == before
    assert read_record(zoo) == record
    with pytest.raises(FrozenInstanceError):
        record.name = "other.tag"


def test_files_as_recorded(zoo: Path) -> None:
    record = check_files(zoo)
    content = (zoo / "model.safetensors").read_bytes()
    assert record.weights.sha256 == hashlib.sha256(content).hexdigest()
    assert record.size == len(content)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_one_changed_byte_is_refused_with_both_hashes(zoo: Path, name: str) -> None:
    content = bytearray((zoo / name).read_bytes())
    expected = hashlib.sha256(content).hexdigest()
    content[-5] ^= 1
    (zoo / name).write_bytes(content)
    actual = hashlib.sha256(content).hexdigest()
    with pytest.raises(WeightsError, match=f"{name}: .*{expected}.*{actual}.*again"):
        check_files(zoo)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "record.json"])
def test_missing_file(zoo: Path, name: str) -> None:
    (zoo / name).unlink()
    with pytest.raises(WeightsError, match=f"{name}: cannot be read"):
        check_files(zoo)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "../../etc"}, "name: String should match"),
        ({"parameters": 0}, "parameters: Input should be greater"),
        ({"weights": {"sha256": "abc", "size": 3}}, r"weights\.sha256"),
        ({"limits": []}, "limits"),
        ({"record_version": 2}, "record_version"),
        ({"surprise": 1}, "surprise: Unexpected"),
        ({"base": "dsm_base.pdb2018"}, "base"),
        ({"base": {"name": "dsm_base.pdb2018", "sha256": "abc"}}, r"base\.sha256"),
        ({"task": {"level": "chain"}}, r"task\.level"),
    ],
)
def test_values_that_are_refused(zoo: Path, values: dict[str, Any], message: str) -> None:
    change(zoo, **values)
    with pytest.raises(WeightsError, match=rf"record\.json: no record of weights: .*{message}"):
        read_record(zoo)


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"[" * 100_000])
def test_garbage(zoo: Path, content: bytes) -> None:
    (zoo / "record.json").write_bytes(content)
    with pytest.raises(WeightsError, match="no record of weights"):
        read_record(zoo)


def test_files_of_a_task(task: Path) -> None:
    record = check_files(task)
    assert {path.name for path in task.iterdir()} == {"record.json", *record.files}
    before = (task / "record.json").read_bytes()
    write_record(task, record)
    assert (task / "record.json").read_bytes() == before
    (task / "head.safetensors").unlink()
    with pytest.raises(WeightsError, match=r"head\.safetensors: cannot be read"):
        check_files(task)


def test_records_that_contradict_themselves(zoo: Path) -> None:
    record = json.loads((zoo / "record.json").read_text())
    change(zoo, run={**record["run"], "steps": 0})
    with pytest.raises(WeightsError, match=r"record: .*without a step need a base"):
        read_record(zoo)
    row = {"on": "a", "track": "b", "measures": {"mae": {"mean": 1.0}}}
    change(zoo, run=record["run"], results={"task": [row]})
    with pytest.raises(WeightsError, match=r"record: .*results of a task need a task"):
        read_record(zoo)
