"""Structures, and the page that tests of the report look at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from proteingraph.io import read_structure
from proteingraph.pretrain import DenoisingModel
from proteingraph.viz.report import NearDomain, ResidueColumn, report, write_report

HOSTILE = "</script><img src=x onerror=\"document.title='hacked'\">{{ 7 * 7 }}"


@pytest.fixture(scope="session")
def model(weights):
    """A small network whose estimates are not 0."""
    model = DenoisingModel.from_pretrained(weights)
    torch.manual_seed(1)
    torch.nn.init.normal_(model.gradient.network[-1].weight)
    return model


@pytest.fixture(scope="session")
def hostile(test_files):
    """Two chains of 40 residues with names that would be markup; one residue has no CA."""
    whole = read_structure(test_files / "5zng.cif.gz")
    rows = [np.flatnonzero(whole.chain == chain)[:40] for chain in whole.chain_ids[:2]]
    structure = whole.select(np.concatenate(rows))
    chain = np.repeat([HOSTILE, "B"], [len(part) for part in rows])
    structure.backbone_mask[3, 1] = False
    return replace(structure, name=HOSTILE, chain=chain, label_chain=chain)


@pytest.fixture(scope="session")
def page_file(model, hostile, tmp_path_factory):
    """A report on it, with all that a report can have, and names of the same kind throughout."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    size = len(hostile)
    columns = [
        ResidueColumn(f"place {HOSTILE}", np.arange(size), unit="m", about=HOSTILE, limits=(0, 79)),
        ResidueColumn("half", np.where(np.arange(size) < 40, np.nan, 1.0)),
    ]
    patch = pytest.MonkeyPatch()
    near = [NearDomain(HOSTILE, 0.5, 40, HOSTILE, HOSTILE)]
    patch.setattr(report, "nearest_domains", lambda *_: near)
    write_report(
        path,
        hostile,
        model,
        columns=columns,
        domains=([1, 2], None),
        model_name=HOSTILE,
        card={HOSTILE: HOSTILE, "list": [HOSTILE], "rows": [{HOSTILE: HOSTILE}], "none": {}},
    )
    patch.undo()
    return path
