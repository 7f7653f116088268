"""The figure of errors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.image import imread

from benchmarks.common.annotated import AnnotatedPack
from benchmarks.quality.figure import draw_errors
from proteingraph.datasets import ChainPack


def test_a_panel_a_kind_and_one_of_models(tmp_path: Path):
    names = np.array(["x", "y"])
    pack = ChainPack(
        coordinates=np.zeros((5, 1, 3), np.float32),
        residue_type=np.zeros(5, np.int8),
        starts=np.array([0, 2, 5]),
        names=names,
        labels={"kind": np.array(["wrong_fold", "homology"])},
    )
    models = AnnotatedPack(pack, {"lddt": np.linspace(0, 1, 5, dtype=np.float32)})
    path = tmp_path / "results" / "errors.png"
    images = []
    for guess in (0.0, 1.0):
        draw_errors([np.full(2, guess), np.full(3, guess)], models, path)
        images.append(imread(path))
        assert path.stat().st_size < 200_000 and images[-1].std() > 0.01
    assert not np.array_equal(*images)
