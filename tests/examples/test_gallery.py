"""The examples run as they stand, and each writes the picture it says."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path

import pytest
from matplotlib.image import imread

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.py"))
QUICK = {
    "plot_embedding_map": ["--domains", "24", "--model", "WEIGHTS"],
    "plot_residue_graph": ["--model", "WEIGHTS"],
    "plot_training_curve": ["--steps", "24"],
    "write_report": ["--model", "WEIGHTS"],
}


def test_there_are_examples():
    assert len(EXAMPLES) >= 6


def params():
    """The examples; that which trains a network is slow."""
    for path in EXAMPLES:
        marks = [pytest.mark.slow] if path.stem == "plot_training_curve" else []
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
        assert "neighbours" in written.read_text("utf-8")
