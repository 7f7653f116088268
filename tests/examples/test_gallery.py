"""The examples run as they stand, and each writes the picture it says."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path

import pytest
from matplotlib.image import imread

SCRIPTS = sorted((Path(__file__).parents[2] / "examples").glob("*.py"))
EXAMPLES = [path for path in SCRIPTS if "writes figures/" in path.read_text("utf-8")]
QUICK = {
    "pretrain_finetune_report": ["--steps", "8"],
    "plot_embedding_map": ["--domains", "24", "--model", "WEIGHTS"],
    "plot_residue_graph": ["--model", "WEIGHTS"],
    "plot_training_curve": ["--steps", "24"],
    "write_report": ["--model", "WEIGHTS"],
}


def test_there_are_examples():
    assert len(EXAMPLES) >= 6


def params():
    """The examples; those that train a network are slow."""
    for path in EXAMPLES:
        trains = path.stem in ("plot_training_curve", "pretrain_finetune_report")
        marks = [pytest.mark.slow] if trains else []
        yield pytest.param(path, id=path.stem, marks=marks)


@pytest.mark.parametrize("script", params())
def test_example(script, weights, tmp_path, monkeypatch):
    more = [str(weights) if word == "WEIGHTS" else word for word in QUICK.get(script.stem, [])]
    monkeypatch.setattr(sys, "argv", [str(script), str(tmp_path / "out"), *more])
    runpy.run_path(str(script), run_name="__main__")
    (promised,) = re.findall(r"writes figures/(\S+?\.(?:png|html))", script.read_text("utf-8"))
    written = tmp_path / "out" / promised
    assert [path.name for path in (tmp_path / "out").iterdir()] == [promised]
    if written.suffix == ".png":
        assert imread(written)[..., :3].std() > 0.02
    else:
        told = "neighbours" if script.stem == "write_report" else "probability of a helix"
        assert told in written.read_text("utf-8")
