"""Checks of options."""

from __future__ import annotations

import os

import pytest

from proteingraph.cli.checks import check_folder, check_model, check_noise, check_sources
from proteingraph.errors import ConfigError, StructureError, WeightsError


def test_folders_that_are_or_can_be_made_pass(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in (tmp_path, tmp_path / "new" / "deeper", tmp_path / "x"):
        check_folder(folder)
    assert list(tmp_path.iterdir()) == []


def test_files_in_the_way_are_told(tmp_path):
    (tmp_path / "file").write_text("")
    for place in ("file", "file/below", "file/far/below"):
        with pytest.raises(ConfigError, match="file is a file, no folder: name another"):
            check_folder(tmp_path / place)


def test_folders_that_cannot_be_written_to_are_told(tmp_path, monkeypatch):
    # Root may write anywhere, so the system is not asked.
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)
    with pytest.raises(ConfigError, match=f"no permission to write to {tmp_path}: name another"):
        check_folder(tmp_path / "new")


def test_noise_is_in_range():
    check_noise("--sigma", None)
    check_noise("--sigma", 0.5)
    for value in (0, -1, float("nan"), float("inf"), 1e9):
        with pytest.raises(ConfigError, match="--sigma must be"):
            check_noise("--sigma", value)


def test_names_of_the_zoo_are_checked_and_other_places_are_not(tmp_path):
    for source in ("dsm_base", "dsm_tiny.pdb2018", str(tmp_path), "owner/name"):
        check_model(source)
    with pytest.raises(WeightsError, match="did you mean dsm_tiny"):
        check_model("dsm_tin")


def test_sources_none_of_which_is_there_are_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.pdb").write_text("")
    for good in (["absent.pdb", "there.pdb"], ["cath-scop-mini"], ["*.pdb"], ["."]):
        check_sources(good)
    with pytest.raises(StructureError, match=r"^absent\.pdb: no such file$"):
        check_sources(["absent.pdb"])
    with pytest.raises(StructureError, match=r"^a\.pdb: no such file, nor any of the 2 others$"):
        check_sources(["a.pdb", "b.pdb", "c.pdb"])
