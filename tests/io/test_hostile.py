"""Hostile files are refused by name and reason, or read for what they are, by both readers."""

from __future__ import annotations

import gzip
import re
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from helpers import hostile_inputs
from helpers.hostile_structures import FOLDER, Case, hostile_files, large_cases, write_large

from proteingraph.errors import StructureError
from proteingraph.io import read_structure

CASES = hostile_files()
LARGE = {case.name: case for case in large_cases()}
BINARY = (".bcif", ".bcif.gz")


def check(case: Case, path: Path, reader: str | None) -> None:
    """Read a file: it is what the case says, or the reason for refusing it is."""
    if not case.told:
        structure = read_structure(path, reader=reader)
        assert structure.sequence == case.sequence
        assert tuple(structure.chain_ids) == case.chains
        assert np.isfinite(structure.atom_coord).all()
        assert structure.backbone_mask[:, 1].all() == case.traced
        return
    with pytest.raises(StructureError, match=case.told) as caught:
        read_structure(path, reader=reader)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert len(text) < 500 and "\n" not in text


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_small_files(case: Case, reader: str) -> None:
    unread = reader == "prody" and case.told and case.name.endswith(BINARY)
    check(case, FOLDER / case.name, None if unread else reader_of(case, reader))


def reader_of(case: Case, reader: str) -> str | None:
    return None if case.name.endswith(BINARY) else reader


def test_the_kept_files_are_those_that_are_made() -> None:
    made = {case.name: case.content for case in CASES} | dict(hostile_inputs.every())
    kept = {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.is_file()}
    assert set(kept) == set(made)
    assert sum(map(len, kept.values())) < 300_000
    for name, content in made.items():
        if name.endswith((".gz", ".npz")):  # their bytes depend on the version of zlib
            continue
        if content[:2] == b"\x1f\x8b":
            content, kept[name] = gzip.decompress(content), gzip.decompress(kept[name])
        assert kept[name] == content, name


@pytest.mark.parametrize("name", ["bomb.pdb.gz", "bomb.cif.gz"])
def test_bombs_stop_at_a_bound(name: str, tmp_path: Path) -> None:
    path = write_large(LARGE[name], tmp_path)
    assert path.stat().st_size < 300_000
    tracemalloc.start()
    try:
        check(LARGE[name], path, None)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 150 << 20  # the bound, and a copy of it


@pytest.mark.parametrize("name", ["single_line.pdb", "single_line.cif", "single_record.pdb"])
def test_lines_of_ten_megabytes(name: str, tmp_path: Path, reader: str) -> None:
    check(LARGE[name], write_large(LARGE[name], tmp_path), reader)


@pytest.mark.slow
def test_an_assembly_of_100_000_residues(tmp_path: Path, reader: str) -> None:
    check(LARGE["assembly.cif"], write_large(LARGE["assembly.cif"], tmp_path), reader)


def test_models_after_the_first_are_there_on_request(reader: str) -> None:
    for name in ("sixty_models.pdb.gz", "sixty_models.cif.gz"):
        assert read_structure(FOLDER / name, reader=reader, model=60).sequence == "KVF"
        with pytest.raises(StructureError, match=re.escape(f"{name}: no model 61; there are 1, 2")):
            read_structure(FOLDER / name, reader=reader, model=61)


def test_line_ends_make_no_difference(reader: str, differences) -> None:
    for ending in ("pdb", "cif"):
        plain = FOLDER / ("byte_order_mark.pdb" if ending == "pdb" else "upper.CIF")
        expected = read_structure(plain, reader=reader)
        for ends in ("cr", "crlf", "all"):
            found = read_structure(FOLDER / f"lines_end_in_{ends}.{ending}", reader=reader)
            assert differences(found, expected, skip=("name",)) == []
