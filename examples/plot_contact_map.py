"""Draw the contact map of the residue graph of a structure.

    python examples/plot_contact_map.py figures

writes figures/contact_map.png.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from proteingraph.io import read_structure
from proteingraph.transforms import ResidueGraph
from proteingraph.viz import plot_contact_map

HERE = Path(__file__).parent


def main() -> None:
    """Read a structure, make its graph, draw it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where to write the picture")
    structure = HERE.parent / "tests" / "data" / "1aki.cif"
    parser.add_argument("--structure", type=Path, default=structure, help="structure file")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)

    structure = read_structure(arguments.structure)
    graph = ResidueGraph(k=24)(structure.to_data())
    plot_contact_map(graph, arguments.folder / "contact_map.png", structure.name)


if __name__ == "__main__":
    main()
