"""Runs that are killed with signal 9 at random moments, and end as if they had not been."""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from pathlib import Path

import pandas as pd
import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="takes processes that are forked")

OUTPUTS = {"pretrain": "run", "finetune": "task", "data build": "store", "embed": "out.parquet"}
DONE = {"pretrain": 0, "finetune": 0, "data build": 1, "embed": 1}
"""Exit codes: one of the sources is bad."""


def contents(place: Path) -> dict[str, bytes]:
    """What a run is judged by: every byte of it that does not tell times or places."""
    files = [place] if place.is_file() else [path for path in place.rglob("*") if path.is_file()]
    found = {path.name: path.read_bytes() for path in files}
    left = {name: found[name] for name in found if name not in ("config.json", "run.json")}
    left = {name: left[name] for name in left if not name.endswith(".ckpt")}
    left = {name: left[name] for name in left if "tfevents" not in name and name != "metrics.csv"}
    if "metrics.json" in left and "metrics" in (record := json.loads(left["metrics.json"])):
        left["metrics.json"] = json.dumps({**record, "seconds": 0}).encode()
    return left


def partials(place: Path) -> list[Path]:
    """Temporary files, which a run that goes on removes."""
    return [path for path in place.parent.rglob("*.partial") if path.is_file()]


def is_whole(name: str, output: Path) -> bool:
    """Whether what is under the final name can be read, which it can if it is there at all."""
    if name == "embed":
        return not output.exists() or len(pd.read_parquet(output)) > 0
    if name == "data build":
        return (
            not (output / "meta.json").exists()
            or len(pd.read_parquet(output / "index.parquet")) > 0
        )
    for path in output.glob("*.json"):
        json.loads(path.read_text())
    for path in output.glob("*.parquet"):
        pd.read_parquet(path)
    return True


@pytest.fixture
def endure(make, tmp_path):
    """Function that kills runs of a command at so many moments, and compares what they leave."""

    def start(name: str, kills: int, seed: int, *more: str) -> None:
        whole = tmp_path / "whole" / OUTPUTS[name]
        whole.parent.mkdir()
        first = make(name, whole, *more)
        began = time.monotonic()
        assert first.run() == DONE[name], first.said
        span = time.monotonic() - began
        expected = contents(whole)
        chance = random.Random(seed)
        killed = began_again = went_on = 0
        output = tmp_path / "parts" / OUTPUTS[name]
        while killed < kills:
            shutil.rmtree(output.parent, ignore_errors=True)
            output.parent.mkdir()
            resume: list[str] = []
            # Killed at one moment of each stretch of the run, and half of those once more.
            moments = [span * (killed + chance.random()) / kills]
            moments += [span * chance.random()] * chance.randrange(2)
            for moment in moments:
                code = make(name, output, *more, *resume).stop(moment)
                if code == -9:
                    killed += 1
                    assert is_whole(name, output)
                resume = ["--resume"]
            kept = any(output.parent.rglob("*.ckpt")) or any(output.parent.rglob("*.npz"))
            kept = kept or (name == "data build" and '"done"' in read(output / "build.json"))
            went_on, began_again = went_on + kept, began_again + (not kept)
            last = make(name, output, *more, "--resume")
            assert last.run() == DONE[name], last.said
            assert contents(output) == expected
            assert not partials(output)
            if name == "embed":
                assert list(output.parent.iterdir()) == [output]
        print(
            f"{name} {' '.join(more)}: {span:.1f} s undisturbed, killed {killed} times; "
            f"{went_on} runs went on from what was kept, {began_again} from the beginning"
        )

    return start


def read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


@pytest.mark.parametrize("name", OUTPUTS)
def test_killed_and_resumed_equals_undisturbed(endure, name):
    endure(name, 1, seed=5)


@pytest.mark.slow
@pytest.mark.parametrize("name", OUTPUTS)
def test_killed_at_many_moments_and_resumed_equals_undisturbed(endure, name):
    endure(name, 24, seed=2)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["data build", "embed"])
def test_killed_with_its_workers_and_resumed_equals_undisturbed(endure, name):
    endure(name, 5, 3, "--jobs=2")
