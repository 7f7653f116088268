"""Read predicted models with their confidence, and embed what is predicted with confidence.

    python examples/read_alphafold.py AF-P00698-F1-model_v4.cif.gz --plddt 70

prints how confident each model is in its residues. AlphaFold and most others keep pLDDT, from 0 to
100, in the B-factor column; so does `proteingraph quality` with the lDDT that it predicts.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from proteingraph.embedding import embed_structure
from proteingraph.io import read_structure
from proteingraph.zoo import load_model

BANDS = {"very high": 90, "confident": 70, "low": 50, "very low": 0}
"""Least pLDDT of each band, as AlphaFold DB colours them (https://alphafold.ebi.ac.uk/faq)."""


def main() -> None:
    """Read models, leave residues of low confidence out, embed the others."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", type=Path, nargs="+", help="files of predicted models")
    parser.add_argument("--plddt", type=float, default=70, help="least confidence to embed")
    parser.add_argument("--model", default="dsm_small", help="name or folder of weights")
    arguments = parser.parse_args()

    network = load_model(arguments.model)
    for path in arguments.models:
        structure = read_structure(path)
        plddt = structure.b_factor
        if plddt.min() < 0 or plddt.max() > 100 or plddt.max() <= 1:
            raise SystemExit(f"{path}: the B-factor column holds no pLDDT from 0 to 100")
        print(f"{structure.name}: mean pLDDT {plddt.mean():.1f} of {len(structure)} residues")
        least = np.array(list(BANDS.values()))
        band = (plddt[:, None] < least).sum(axis=1)
        for number, name in enumerate(BANDS):
            print(f"  {name:10} {np.mean(band == number):6.1%}")
        kept = structure.select(plddt >= arguments.plddt)
        if not len(kept):
            print(f"  no residue has {arguments.plddt:g}: nothing to embed")
            continue
        # What is left out breaks the chain: residues on both sides are not neighbours in sequence.
        for chain in embed_structure(network, kept):
            print(f"  chain {chain.chain}: {len(chain.sequence)} residues embedded")


if __name__ == "__main__":
    main()
