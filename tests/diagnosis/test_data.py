"""What is told of weights, shipped domains and folders."""

from __future__ import annotations

import os
import shutil

import pytest

from proteingraph.diagnosis.data import find_data, find_weights
from proteingraph.zoo import list_models
from proteingraph.zoo.registry import SHIPPED


@pytest.fixture
def zoo(tmp_path, monkeypatch):
    """A zoo of one, a copy."""
    (name,) = list_models("dsm_tiny")
    shutil.copytree(SHIPPED / name, tmp_path / name)
    monkeypatch.setattr("proteingraph.zoo.registry.SHIPPED", tmp_path)
    return tmp_path / name


def test_shipped_weights_are_intact():
    findings = list(find_weights())
    assert [one.name for one in findings] == list_models()
    assert all(one.ok for one in findings)


def test_damaged_weights_are_wrong(zoo):
    path = zoo / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    (finding,) = find_weights()
    assert finding.ok is False and "expected SHA-256" in finding.told


def test_a_zoo_without_weights_is_wrong(zoo):
    shutil.rmtree(zoo)
    (finding,) = find_weights()
    assert finding.ok is False and "install the package again" in finding.told


def test_domains_and_folders_are_told(tmp_path, monkeypatch):
    cache = tmp_path / "new" / "cache"
    monkeypatch.setattr("pooch.os_cache", lambda name: cache / name)
    monkeypatch.setenv("PROTEINGRAPH_SCOPE_URL", "https://mirror.example")
    monkeypatch.chdir(tmp_path)
    findings = {one.name: one for one in find_data()}
    assert findings["cath-scop-mini"].ok and "3,030 domains" in findings["cath-scop-mini"].told
    assert findings["cache"].told.startswith(f"{cache / 'proteingraph'}, not made yet, ")
    assert findings["this folder"].told.startswith(f"{tmp_path}, ")
    assert findings["PROTEINGRAPH_SCOPE_URL"].told == "https://mirror.example"
    assert not cache.exists()


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # Root may write anywhere, so the system is not asked.
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)
    findings = {one.name: one for one in find_data()}
    assert findings["this folder"].told == f"{tmp_path}, no permission to write to it"
