"""Draw the error per noise level of shipped networks.

    python examples/plot_noise_curves.py figures --models dsm_small condresnet

writes figures/noise_curves.png. Curves of networks that were judged on different structures are
not to be compared: the card of a network says on which (`proteingraph models NAME`).
"""

from __future__ import annotations

import argparse
from pathlib import Path

from proteingraph.viz import plot_noise_curves
from proteingraph.zoo import model_record


def main() -> None:
    """Read the records of networks, draw their errors."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where to write the picture")
    parser.add_argument("--models", nargs="+", default=["dsm_small"], help="names of weights")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)

    errors = {
        name: {row.sigma: row.error for row in model_record(name).results.denoising}
        for name in arguments.models
    }
    title = "one denoising step on held-out topologies"
    plot_noise_curves(errors, arguments.folder / "noise_curves.png", title)


if __name__ == "__main__":
    main()
