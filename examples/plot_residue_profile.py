"""Draw a value of each residue along the chains of a structure: here its B-factor.

    python examples/plot_residue_profile.py figures

writes figures/residue_profile.png. What `proteingraph.assess` predicts is drawn the same way.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from proteingraph.io import read_structure
from proteingraph.viz import plot_residue_profile

HERE = Path(__file__).parent


def main() -> None:
    """Read a structure, draw its B-factors."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where to write the picture")
    structure = HERE.parent / "tests" / "data" / "5zng.cif.gz"
    parser.add_argument("--structure", type=Path, default=structure, help="structure file")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)

    structure = read_structure(arguments.structure)
    low, high, top = np.percentile(structure.b_factor, [25, 75, 90])
    plot_residue_profile(
        structure,
        structure.b_factor,
        arguments.folder / "residue_profile.png",
        structure.name,
        label="B-factor of CA (Å²)",
        threshold=top,
        band=(low, high),
        band_label="half of the residues",
    )


if __name__ == "__main__":
    main()
