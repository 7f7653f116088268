from __future__ import annotations

import os

import pytest

from proteingraph.files import clear_partials, replace_folder, replacing


def test_written_at_the_end(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with replacing(path) as partial:
        partial.write_text("new")
        assert path.read_text() == "old"
        assert partial.parent == tmp_path
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_as_it_was_after_an_error(error, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(error), replacing(path) as partial:
        partial.write_text("half")
        raise error
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_to_put_in_place(tmp_path):
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "a.txt"):
        pass
    assert not os.listdir(tmp_path)


def test_what_killed_processes_left_is_cleared(tmp_path):
    for name in (".a.txt.0123.partial", ".b.txt.0123.partial", "a.partial", ".a.txt"):
        (tmp_path / name).write_text("half")
    clear_partials(tmp_path, "a.txt")
    assert not (tmp_path / ".a.txt.0123.partial").exists()
    clear_partials(tmp_path)
    assert sorted(os.listdir(tmp_path)) == [".a.txt", "a.partial"]
    clear_partials(tmp_path / "absent")


def test_a_folder_takes_the_place_of_another(tmp_path):
    for name in ("old", "new", "newer"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    replace_folder(tmp_path / "new", tmp_path / "place")
    assert (tmp_path / "place/file").read_text() == "new"
    replace_folder(tmp_path / "newer", tmp_path / "place")
    assert (tmp_path / "place/file").read_text() == "newer"
    with pytest.raises(FileNotFoundError):
        replace_folder(tmp_path / "absent", tmp_path / "old")
    assert (tmp_path / "old/file").read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == ["old", "place"]
