"""Draw the error over a training run: of a run's folder, or of a short run on shipped domains.

    python examples/plot_training_curve.py figures --run runs/first

writes figures/training_curve.png.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

from proteingraph.viz import plot_training_curve


def train(folder: Path, steps: int) -> None:
    """Train a small network on shipped domains."""
    from proteingraph.datasets import load_cath_scop_mini
    from proteingraph.pretrain import load_config
    from proteingraph.pretrain.run import pretrain

    settings = {
        "steps": steps,
        "validate_every": max(1, steps // 4),
        "model": {"graph": {"k": 12}, "encoder": {"layers": 2, "channels": 32}},
        "data": {"crop": 96, "residues": 400, "validation_sigmas": [1.0]},
        "optimizer": {"warmup_steps": 5},
    }
    domains = load_cath_scop_mini()
    splits = domains.labels["split"]
    held_out = domains.subset(np.flatnonzero(splits == "validation")[:20])
    chosen = domains.subset(np.flatnonzero(splits == "train")[:500])
    pretrain(chosen, held_out, folder, load_config(settings), progress=False)


def main() -> None:
    """Draw the curve of a run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where to write the picture")
    parser.add_argument("--run", type=Path, help="folder of a run (default: trains shortly)")
    parser.add_argument("--steps", type=int, default=200, help="steps of the short run")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)

    with tempfile.TemporaryDirectory() as scratch:
        run = arguments.run or Path(scratch) / "run"
        if arguments.run is None:
            train(run, arguments.steps)
        plot_training_curve(run, arguments.folder / "training_curve.png")


if __name__ == "__main__":
    main()
