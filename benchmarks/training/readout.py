"""The scale of the protein embeddings of saved weights, found anew.

    python benchmarks/training/readout.py WEIGHTS -o FOLDER [CORPUS options]

A run of `proteingraph pretrain` ends with this step; weights of before it had one, or that are to
embed at another noise or structures of another kind, get theirs here. No label is looked at. The
corpus is the training part of the one named (default: the shipped training domains).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from proteingraph.datasets import load_corpus, read_split
from proteingraph.pretrain import DenoisingModel
from proteingraph.pretrain.readout import fit_readout


def main(argv: Sequence[str] | None = None) -> None:
    """Load, find the scale, save."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("weights", type=Path, help="folder of saved weights")
    add("-o", "--output", type=Path, required=True, help="folder to write")
    add("--corpus", default="cath-scop-mini", help="as `proteingraph pretrain` takes it")
    add("--split", type=Path, help="table of splits (default: the labels of the corpus)")
    add("--split-column", default="split", help="its column (default: split)")
    add("--chains", type=int, default=1000, help="evenly spread structures (default: 1000)")
    add("--columns", type=int, default=512, help="columns of an embedding (default: 512)")
    add("--sigma", type=float, help="noise in Å to embed at (default: that of the weights)")
    options = parser.parse_args(argv)
    model = DenoisingModel.from_pretrained(options.weights)
    if options.sigma is not None:
        model.embedding_sigma = options.sigma
    corpus = load_corpus(options.corpus)
    if options.split is None:
        kind = corpus.labels[options.split_column].tolist()
    else:
        split = read_split(options.split, options.split_column)
        kind = [split.get(name, "") for name in corpus.names.tolist()]
    train = corpus.subset(np.flatnonzero(np.array(kind) == "train"))
    fit_readout(model, train, options.columns, options.chains)
    settings = json.loads((options.weights / "config.json").read_text(encoding="utf-8"))
    model.save_pretrained(options.output, settings["training"])


if __name__ == "__main__":
    main()
