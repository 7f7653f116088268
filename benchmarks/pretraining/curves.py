"""Error of training batches over the residues seen, of one or more runs in one figure.

    python benchmarks/pretraining/curves.py NAME=LOG... -o curves.png

LOG is the `log/part_0/metrics.csv` of a run. Predicting nothing gives 1.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure


def draw(logs: dict[str, Path], path: Path) -> None:
    """Draw the smoothed error of each log over the residues seen."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for color, (name, log) in enumerate(logs.items()):
        curve = pd.read_csv(log).dropna(subset=["train/mse"])
        smooth = curve["train/mse"].ewm(halflife=max(1, len(curve) / 40)).mean()
        millions = curve["train/residues"] / 1e6
        axes.plot(millions, curve["train/mse"], color=f"C{color}", lw=0.5, alpha=0.25)
        axes.plot(millions, smooth, color=f"C{color}", label=name)
    axes.axhline(1.0, color="k", lw=0.8, ls=":", label="predict nothing")
    axes.set(xlabel="residues seen (millions)", ylabel="error of the unit noise", xlim=(0, None))
    axes.set_ylim(0, 1.3)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=120)


def main() -> None:
    """Draw the runs named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("logs", nargs="+", metavar="NAME=LOG", help="name and log of each run")
    parser.add_argument("--output", "-o", type=Path, required=True, help="image to write")
    arguments = parser.parse_args()
    pairs = [text.partition("=") for text in arguments.logs]
    wrong = [text for text, pair in zip(arguments.logs, pairs, strict=True) if not pair[2]]
    if wrong:
        parser.error(f"{wrong[0]!r} is not of the form NAME=LOG")
    draw({name: Path(log) for name, _, log in pairs}, arguments.output)


if __name__ == "__main__":
    main()
