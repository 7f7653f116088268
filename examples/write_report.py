"""Write a report on a structure with a column of values of one's own.

    python examples/write_report.py figures

writes figures/report.html, coloured first by the number of neighbours of each residue.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from proteingraph.io import read_structure
from proteingraph.viz.report import ResidueColumn, read_card, write_report
from proteingraph.zoo import load_model

HERE = Path(__file__).parent


def main() -> None:
    """Count neighbours, write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where to write the page")
    structure = HERE.parent / "tests" / "data" / "1aki.cif"
    parser.add_argument("--structure", type=Path, default=structure, help="structure file")
    parser.add_argument("--model", default="dsm_small", help="name or folder of weights")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)

    structure = read_structure(arguments.structure)
    apart = np.linalg.norm(structure.pos[:, None] - structure.pos[None], axis=-1)
    neighbours = ResidueColumn(
        "neighbours",
        (apart < 10).sum(axis=1) - 1,
        about="Residues whose CA atom is within 10 Å: many inside of the protein, few outside",
    )
    write_report(
        arguments.folder / "report.html",
        structure,
        load_model(arguments.model),
        columns=[neighbours],
        model_name=arguments.model,
        card=read_card(arguments.model),
    )


if __name__ == "__main__":
    main()
