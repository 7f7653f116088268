"""Draw a map of protein embeddings of domains, coloured by their CATH class.

    python examples/plot_embedding_map.py figures

writes figures/embedding_map.png. The domains are of folds that were not trained on.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from proteingraph.datasets import CathScopMini
from proteingraph.embedding import embed_graphs
from proteingraph.viz import plot_embedding_map
from proteingraph.zoo import load_model

CLASSES = {"1": "mainly α", "2": "mainly β", "3": "α and β", "4": "few elements", "6": "special"}


def main() -> None:
    """Embed shipped domains, draw their first two principal components."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where to write the picture")
    parser.add_argument("--model", default="dsm_small", help="name or folder of weights")
    parser.add_argument("--domains", type=int, default=204, help="how many to embed")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)

    model = load_model(arguments.model)
    domains = CathScopMini("validation")
    chosen = [domains[row] for row in range(min(arguments.domains, len(domains)))]
    proteins = [embed_graphs(model, [domain])[0].protein for domain in chosen]
    plot_embedding_map(
        np.stack(proteins),
        [CLASSES[domain.cath_class] for domain in chosen],
        arguments.folder / "embedding_map.png",
        f"{len(chosen)} domains by CATH class",
    )


if __name__ == "__main__":
    main()
