"""Figures that are written whole, or not at all."""

from __future__ import annotations

import pytest

from proteingraph.viz.drawing import drawing


@pytest.mark.parametrize(
    ("name", "written", "start"),
    [("a.png", "a.png", b"\x89PNG"), ("a.svg", "a.svg", b"<?xml"), ("a", "a.png", b"\x89PNG")],
)
def test_the_suffix_says_which_kind(name, written, start, tmp_path):
    with drawing(tmp_path / name, None, (1, 1)) as axes:
        axes.plot([0, 1])
    (path,) = tmp_path.iterdir()
    assert path.name == written and path.read_bytes().startswith(start)


def test_a_figure_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_text("old")

    def fail(file, **_):
        file.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"), drawing(path, None, (1, 1)) as axes:
        monkeypatch.setattr(axes.figure, "savefig", fail)
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]
