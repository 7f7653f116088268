"""Progress bars: what is shown, and what is left of them."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from proteingraph.cli.progress import progress_bar


@pytest.fixture
def console():
    return Console(file=io.StringIO(), width=80)


def shown(console):
    return console.file.getvalue()


def test_off_a_terminal_a_bar_is_one_line(console):
    with progress_bar(console, "embedding", True) as report:
        for done in (1, 2, 3):
            report(done, 3)
            assert not shown(console)
    assert shown(console).count("\n") == 1
    assert shown(console).startswith("embedding") and "3/3" in shown(console)


def test_of_work_that_never_began_nothing_is_shown(console):
    with pytest.raises(ValueError), progress_bar(console, "embedding", True):
        raise ValueError
    assert not shown(console)


def test_of_work_that_began_it_is_shown_how_far_it_came(console):
    with pytest.raises(ValueError), progress_bar(console, "embedding", True) as report:
        report(1, 3)
        raise ValueError
    assert "1/3" in shown(console)


@pytest.mark.parametrize("began", [False, True])
def test_on_a_terminal_a_bar_is_there_at_once(began):
    console = Console(file=io.StringIO(), width=80, force_terminal=True, force_interactive=True)
    with pytest.raises(ValueError), progress_bar(console, "embedding", True) as report:
        assert "embedding" in shown(console)
        if began:
            report(1, 3)
        raise ValueError
    erased = "\x1b[1A\x1b[2K"  # one line up, and empty it
    assert shown(console).endswith(erased) is not began


def test_unwanted_there_is_none(console):
    with progress_bar(console, "embedding", False) as report:
        assert report is None
    assert not shown(console)
