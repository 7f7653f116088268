"""What is said to who stops a command."""

from __future__ import annotations

import io
import sys

import pytest
from rich.console import Console

from proteingraph.cli.stopped import resumable


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), SystemExit(143)])
@pytest.mark.parametrize("beginning", [[], ["--resume"], ["--append"]])
def test_the_command_that_goes_on_is_told(beginning, stop, monkeypatch):
    words = ["proteingraph", "data", "build", *beginning, "a [b]", "-o", "out"]
    monkeypatch.setattr(sys, "argv", words)
    told = io.StringIO()
    with pytest.raises(type(stop)), resumable(Console(file=told, soft_wrap=True)):
        raise stop
    assert told.getvalue() == "to go on: proteingraph data build 'a [b]' -o out --resume\n"


def test_nothing_is_said_otherwise():
    told = io.StringIO()
    with resumable(Console(file=told)):
        pass
    for other in (ValueError("other"), SystemExit(1)):
        with pytest.raises(type(other)), resumable(Console(file=told)):
            raise other
    assert not told.getvalue()
