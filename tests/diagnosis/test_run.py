"""All that is looked at is told, whatever of it is broken."""

from __future__ import annotations

import pytest

from proteingraph.diagnosis import Finding, diagnose

PARTS = "proteingraph.diagnosis.run.PARTS"


def test_a_part_that_breaks_does_not_hide_the_others(monkeypatch):
    def broken():
        yield Finding("first", "there")
        raise OSError("libfast.so: cannot open")

    def whole():
        yield Finding("last", "there", True)

    monkeypatch.setattr(PARTS, {"devices": broken, "weights": whole})
    assert list(diagnose()) == [
        ("devices", Finding("first", "there")),
        ("devices", Finding("broken", "OSError: libfast.so: cannot open", False)),
        ("weights", Finding("last", "there", True)),
    ]


def test_an_interruption_is_no_finding(monkeypatch):
    def interrupted():
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(PARTS, {"packages": interrupted})
    with pytest.raises(KeyboardInterrupt):
        list(diagnose())
