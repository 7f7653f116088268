"""Checkpoints that are damaged, missing or cannot be written, and the one before them."""

from __future__ import annotations

import logging
import random
from pathlib import Path

import pytest
import torch

from proteingraph.errors import ConfigError
from proteingraph.pretrain.checkpoints import (
    LAST,
    PREVIOUS,
    Checkpoints,
    find_damage,
    kept_checkpoints,
    newest_checkpoint,
)


def write(folder: Path, *numbers: int) -> Path:
    """Write checkpoints, one after the other, each with its number."""
    for number in numbers:
        content = {"number": number, "weights": torch.full((1000,), float(number))}
        Checkpoints().save_checkpoint(content, folder / LAST)
    return folder / LAST


def number_of(last: Path) -> int | None:
    found = newest_checkpoint(last, lambda content: int(content["number"]), "test")
    return None if found is None else found[1]


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1 << place % 8
    path.write_bytes(content)


def test_the_last_and_the_one_before_are_kept(tmp_path):
    assert number_of(tmp_path / LAST) is None
    last = write(tmp_path / "new", 1)
    assert kept_checkpoints(last) == [last] and number_of(last) == 1
    write(tmp_path / "new", 2, 3)
    assert [path.name for path in kept_checkpoints(last)] == [LAST, PREVIOUS]
    assert sorted(path.name for path in last.parent.iterdir()) == [LAST, PREVIOUS]
    assert number_of(last) == 3
    last.unlink()  # a process that was killed between two steps
    assert number_of(last) == 2
    write(tmp_path / "new", 4)
    assert [number_of(last), number_of(last.with_name(PREVIOUS))] == [4, 2]


def test_others_replace_what_has_their_name(tmp_path):
    for number in (1, 2):
        Checkpoints().save_checkpoint({"number": number}, tmp_path / "best.ckpt")
    assert [path.name for path in tmp_path.iterdir()] == ["best.ckpt"]
    assert number_of(tmp_path / "best.ckpt") == 2


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04", None])
def test_damage_is_told_and_the_one_before_is_taken(content, tmp_path, caplog):
    last = write(tmp_path, 1, 2)
    whole = last.read_bytes()
    bad = whole[: len(whole) // 2] if content is None else content
    last.write_bytes(bad)
    assert find_damage(last)
    with caplog.at_level(logging.WARNING):
        assert number_of(last) == 1
    assert f"{last}: damaged" in caplog.text
    assert f"going on from the one before it, {last.with_name(PREVIOUS)}" in caplog.text
    assert last.read_bytes() == bad
    # The next one takes the place of the damaged one, not of the good one before it.
    write(tmp_path, 3)
    assert [number_of(last), number_of(last.with_name(PREVIOUS))] == [3, 1]


def test_no_flipped_bit_goes_unnoticed(tmp_path):
    last = write(tmp_path, 1, 2)
    whole, chance = last.read_bytes(), random.Random(1)
    for place in chance.sample(range(len(whole)), 300):
        flip(last, place)
        found = newest_checkpoint(last, lambda content: content, "test")
        assert found is not None
        # A date, or what fills a gap, does not matter: nothing is lost.
        intact = 2 if find_damage(last) is None else 1
        assert found[1]["number"] == intact and (found[1]["weights"] == intact).all()
        last.write_bytes(whole)


def test_all_damaged(tmp_path):
    last = write(tmp_path, 1, 2)
    before = {}
    for path in kept_checkpoints(last):
        flip(path, path.stat().st_size // 2)
        before[path] = path.read_bytes()
    with pytest.raises(
        ConfigError, match=r"last\.ckpt: damaged.*; .*previous\.ckpt: damaged"
    ) as told:
        number_of(last)
    assert "the checksum of" in str(told.value) and "restore it from a copy" in str(told.value)
    assert "\n" not in str(told.value)
    assert {path: path.read_bytes() for path in before} == before


def test_of_something_else(tmp_path):
    last = write(tmp_path, 1)
    with pytest.raises(ConfigError, match=r"no checkpoint of a cake \('flour'\)"):
        newest_checkpoint(last, lambda content: content["flour"], "cake")
