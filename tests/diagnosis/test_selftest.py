"""The test of a few seconds passes here, and finds what is broken."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from proteingraph.diagnosis import selftest
from proteingraph.diagnosis.selftest import self_test


@pytest.fixture(autouse=True)
def only_the_processor(monkeypatch):
    monkeypatch.setattr(selftest, "usable_devices", lambda: ["cpu"])


def findings():
    return {one.name: one for one in self_test()}


def test_all_is_right():
    found = findings()
    assert list(found) == ["gradient", "embedding", "cpu"]
    assert all(one.ok for one in found.values()), found
    assert "by 0e+00 from itself" in found["cpu"].told


def test_a_gradient_that_does_not_turn_is_wrong(monkeypatch):
    true = selftest._gradient
    aside = torch.tensor([0.1, 0.0, 0.0])
    monkeypatch.setattr(selftest, "_gradient", lambda *of: true(*of) + aside)
    found = findings()
    assert found["gradient"].ok is False and "rotation" in found["gradient"].told
    assert found["embedding"].ok


def test_an_embedding_that_moves_is_wrong(monkeypatch):
    true = selftest._embedding

    def shifted(network, data):
        found = true(network, data)
        return replace(found, residue=found.residue + data.pos[:, :1])

    monkeypatch.setattr(selftest, "_embedding", shifted)
    found = findings()
    assert found["embedding"].ok is False and found["gradient"].ok


@pytest.mark.parametrize("wrong", [float("nan"), 1.01])
def test_a_device_that_computes_something_else_is_wrong(monkeypatch, wrong):
    true = selftest._gradient

    def single(network, data):
        found = true(network, data)
        return found * (wrong if found.dtype == torch.float32 else 1)

    monkeypatch.setattr(selftest, "_gradient", single)
    found = findings()
    assert found["cpu"].ok is False and found["gradient"].ok


def test_a_device_that_computes_something_else_each_time_is_wrong(monkeypatch):
    true = selftest._protein
    sizes = iter((1.0, 1.0005))
    monkeypatch.setattr(selftest, "_protein", lambda *of: true(*of) * next(sizes))
    assert findings()["cpu"].ok is False
