"""Draw the residue graph of a structure in three dimensions, coloured by the estimated gradient.

    python examples/plot_residue_graph.py figures

writes figures/residue_graph.png.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from proteingraph.io import read_structure
from proteingraph.pretrain import estimate_gradient
from proteingraph.transforms import ResidueGraph
from proteingraph.viz import plot_residue_graph
from proteingraph.zoo import load_model

HERE = Path(__file__).parent


def main() -> None:
    """Read a structure, estimate the gradient at its residues, draw them with their edges."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where to write the picture")
    structure = HERE.parent / "tests" / "data" / "1aki.cif"
    parser.add_argument("--structure", type=Path, default=structure, help="structure file")
    parser.add_argument("--model", default="dsm_small", help="name or folder of weights")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)

    model = load_model(arguments.model)
    data = read_structure(arguments.structure).to_data()
    norm = estimate_gradient(model, data, sigma=0.5).norm(dim=1)
    plot_residue_graph(
        ResidueGraph(k=12)(data),
        arguments.folder / "residue_graph.png",
        norm.numpy(),
        label="norm of the estimated gradient at 0.5 Å (1/Å)",
        title=data.name,
    )


if __name__ == "__main__":
    main()
