"""Pre-train, fine-tune on labels and report on a structure: the whole way, in minutes.

    python examples/pretrain_finetune_report.py figures --steps 200

writes figures/helix.html. A network is pre-trained on shipped domains, fine-tuned to tell from CA
atoms which residues are in a helix (labelled by the torsions of their backbones, which it is not
shown), and asked about lysozyme.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from torch import Tensor
from torch_geometric.data import Data

from proteingraph.datasets import ChainPack, load_cath_scop_mini
from proteingraph.datasets.store import export_entries
from proteingraph.geometry import backbone_torsions
from proteingraph.io import read_structure
from proteingraph.ops import sequence_neighbors
from proteingraph.pretrain import load_config
from proteingraph.pretrain.config import load_settings
from proteingraph.pretrain.run import pretrain
from proteingraph.tasks import TaskModel
from proteingraph.tasks.finetune import FinetuneConfig
from proteingraph.tasks.finetune.run import finetune
from proteingraph.viz.report import ResidueColumn, write_report

HERE = Path(__file__).parent


def in_helix(domain: Data) -> Tensor:
    """Whether φ and ψ of each residue are those of an α-helix, bool ``[N]``."""
    before, after = sequence_neighbors(domain.position, domain.chain, domain.segment)
    torsions, known = backbone_torsions(domain.backbone, domain.backbone_mask, before, after)
    phi, psi = torsions[:, :2].rad2deg().T
    alpha = (phi > -100) & (phi < -30) & (psi > -80) & (psi < -5)
    return alpha & known[:, :2].all(dim=1)


def write_table(domains: ChainPack, folder: Path) -> None:
    """Write domains as PDB files, and a table of which of their residues are in a helix."""
    failed = [one for one in export_entries(domains, range(len(domains)), folder) if one]
    assert not failed, failed
    rows = []
    for domain in domains:
        numbers = zip(domain.residue_number.tolist(), in_helix(domain).tolist(), strict=True)
        name = f"{domain.name}.pdb"
        rows += [{"file": name, "residue_number": n, "label": int(helix)} for n, helix in numbers]
    pd.DataFrame(rows).to_csv(folder / "labels.csv", index=False)


def train(scratch: Path, steps: int) -> TaskModel:
    """Pre-train and fine-tune."""
    domains = load_cath_scop_mini()
    splits = domains.labels["split"]
    chosen = domains.subset(np.flatnonzero(splits == "train"))
    held_out = domains.subset(np.flatnonzero(splits == "validation")[:20])
    settings = {
        "steps": steps,
        "validate_every": 0,
        "model": {"graph": {"k": 12}, "encoder": {"layers": 2, "channels": 32}},
        "data": {"crop": 96, "residues": 400, "validation_sigmas": [10.0, 1.0]},
        "optimizer": {"warmup_steps": 5},
    }
    pretrain(chosen, held_out, scratch / "network", load_config(settings), progress=False)

    write_table(held_out, scratch / "structures")
    task = {
        "table": "structures/labels.csv",
        "model": "network",
        "columns": {"chain": None},
        "target": {"level": "residue", "kind": "binary", "name": "helix"},
        "training": {"steps": steps, "validate_every": max(1, steps // 4), "residues": 1000},
    }
    config = load_settings(FinetuneConfig, task, [])
    result = finetune(config, scratch / "task", scratch)
    told = result.metrics["test"]
    print(f"helix, {result.metrics['chains']['test']} domains not trained on: ", end="")
    print(f"AUROC {told['auroc']:.3f}, accuracy of probabilities within {told['ece']:.3f}")
    return result.model


def main() -> None:
    """Train, predict, write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where to write the page")
    structure = HERE.parent / "tests" / "data" / "1aki.cif"
    parser.add_argument("--structure", type=Path, default=structure, help="structure file")
    parser.add_argument("--steps", type=int, default=200, help="steps of each training")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)

    with tempfile.TemporaryDirectory() as scratch:
        task = train(Path(scratch), arguments.steps)
    structure = read_structure(arguments.structure)
    values = np.concatenate([chain.values for chain in task.predict(structure)])
    column = ResidueColumn("probability of a helix", values, limits=(0, 1))
    write_report(arguments.folder / "helix.html", structure, task.task.model, columns=[column])


if __name__ == "__main__":
    main()
