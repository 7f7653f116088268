"""What is told of devices and of the library that searches neighbours."""

from __future__ import annotations

import pytest
import torch

from proteingraph.diagnosis.machine import find_devices, usable_devices
from proteingraph.ops import set_backend


@pytest.fixture(autouse=True)
def backend_of_the_environment():
    set_backend(None)
    yield
    set_backend(None)


def test_what_is_there_is_told(monkeypatch):
    monkeypatch.setenv("PROTEINGRAPH_BACKEND", "native")
    findings = {one.name: one for one in find_devices()}
    assert f"{torch.get_num_threads()} threads" in findings["processor"].told
    assert findings["backend"].ok and findings["backend"].told.startswith("native, of native")
    assert any(name.startswith("cuda") for name in findings)


def test_a_backend_that_cannot_be_used_is_wrong(monkeypatch):
    monkeypatch.setenv("PROTEINGRAPH_BACKEND", "clustre")
    findings = {one.name: one for one in find_devices()}
    assert findings["backend"].ok is False
    assert "PROTEINGRAPH_BACKEND" in findings["backend"].told


def test_the_processor_comes_first():
    assert usable_devices()[0] == "cpu"
    assert ("cuda" in usable_devices()) is torch.cuda.is_available()
