"""Small tasks that are really trained, in seconds, on what is shipped and kept with the tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from proteingraph.datasets import ChainPack, load_cath_scop_mini
from proteingraph.datasets.decoys import SyntheticDecoys
from proteingraph.datasets.sites import interface_labels
from proteingraph.io import read_structure
from proteingraph.tasks import Target, TaskConfig, TaskModel
from proteingraph.tasks.evaluate import calibrate
from proteingraph.tasks.examples import Examples
from proteingraph.tasks.run import fit_target
from proteingraph.transforms.decoys import GaussianDecoy
from proteingraph.zoo import load_model

QUICK = TaskConfig(
    mode="frozen", steps=40, validate_every=20, hidden=16, learning_rate=1e-2, residues=600
)


def train(
    train_on: Examples, validation: Examples, target: Target, features: tuple[str, ...] = ()
) -> TaskModel:
    """Train a head on the frozen network `dsm_tiny`, and calibrate it."""
    fitted = fit_target(load_model("dsm_tiny"), train_on, validation, target, QUICK)
    return calibrate(fitted, validation, features)


def quality_task() -> TaskModel:
    """lDDT of residues, from domains with noise of 0.2 and 3 Å."""
    pack = load_cath_scop_mini()
    pack = pack.subset(np.argsort(pack.lengths, kind="stable")[100:112]).trace()
    noise = {f"{sigma:g}": GaussianDecoy(sigma) for sigma in (0.2, 3.0)}
    decoys = list(SyntheticDecoys(pack, noise, superposed=False))
    labels = [np.where(decoy.lddt_mask, decoy.lddt, np.nan) for decoy in decoys]
    examples = Examples(ChainPack.from_data(decoys), labels)
    target = Target(kind="regression", bounded=True, name="lDDT")
    return train(examples.subset(range(12)), examples.subset(range(12, 24)), target)


def sites_task(files: Path, features: tuple[str, ...] = ()) -> TaskModel:
    """Residues that bind the other chain of a complex, from one of its two chains.

    Args:
        files: Folder of the test files.
        features: Names of further features, all of which are B-factors.
    """
    structure = read_structure(files / "5zng.cif.gz")
    site = interface_labels(structure).label
    chains = [structure.chain == name for name in structure.chain_ids]
    graphs = [structure.select(rows).to_data() for rows in chains]
    labels = [site[rows].astype(float) for rows in chains]
    more = [np.tile(structure.b_factor[rows, None], len(features)) for rows in chains]
    examples = Examples(ChainPack.from_data(graphs), labels, more if features else None)
    return train(examples.subset([0]), examples.subset([1]), Target(name="site"), features)
