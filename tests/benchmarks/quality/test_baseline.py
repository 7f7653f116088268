"""Artefacts and packing: by hand, against the corpus' own counts, and invariances."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import pearsonr
from sklearn.ensemble import HistGradientBoostingRegressor
from torch_geometric.data import Data

from benchmarks.common.decoys import load_decoys
from benchmarks.quality.baseline import (
    ARTEFACT_NAMES,
    MODEL_NAMES,
    PACKING_NAMES,
    artefact_features,
    model_features,
    packing_features,
)
from proteingraph.datasets import load_cath_scop_mini
from proteingraph.testing import random_rotation, rigid_motion


def line(places: list[float], numbers: list[int] | None = None) -> Data:
    """Alanines at some places on the x axis."""
    size = len(places)
    return Data(
        pos=torch.tensor([[x, 0.0, 0.0] for x in places]),
        chain=torch.zeros(size, dtype=torch.long),
        residue_number=torch.tensor(numbers or list(range(1, size + 1))),
        residue_type=torch.zeros(size, dtype=torch.long),
    )


def named(names, table):
    return dict(zip(names, np.moveaxis(table, -1, 0), strict=True))


def test_artefacts_by_hand():
    # A break between 2 and 3, a missing residue between 4 and 6, a clash of 1 and 8.
    data = line([0.0, 3.8, 10.0, 13.8, 17.0, 20.8, 1.0], [1, 2, 3, 4, 6, 7, 8])
    found = named(ARTEFACT_NAMES, artefact_features(data))
    assert found["clashes"].tolist() == [1, 1, 0, 0, 0, 0, 2]
    assert found["tight"].tolist() == [1, 1, 0, 1, 1, 0, 2]
    assert found["broken"].tolist() == [0, 1, 1, 0, 0, 1, 1]
    assert found["at_gap"].tolist() == [0, 0, 0, 1, 1, 0, 0]
    assert found["step"][:3] == pytest.approx([3.8, 6.2, 6.2])
    assert found["to_fault"].tolist() == [0, 0, 0, 0, 0, 0, 0]
    for name, value in (("model_clashes", 2), ("model_breaks", 2), ("model_gaps", 1)):
        assert set(found[name]) == {value}
    assert found["coverage"] == pytest.approx(7 / 8)
    data.coverage = torch.tensor([0.5])
    assert set(artefact_features(data)[:, -1]) == {0.5}


def test_a_whole_chain_has_no_artefacts():
    found = named(ARTEFACT_NAMES, artefact_features(line([3.8 * i for i in range(30)])))
    for name in set(ARTEFACT_NAMES) - {"step", "to_fault", "coverage"}:
        assert not found[name].any(), name
    assert set(found["to_fault"]) == {20} and set(found["coverage"]) == {1}


def test_packing_by_hand():
    data = line([3.8 * i for i in range(6)])
    found = named(PACKING_NAMES, packing_features(data))
    # 3 apart: 11.4 Å, 4 apart: 15.2 Å; 5 apart: 19 Å.
    assert found["contacts_10"].tolist() == [0] * 6
    assert found["contacts_12"].tolist() == [1, 1, 1, 1, 1, 1]
    assert found["contacts_16"].tolist() == [2, 2, 1, 1, 2, 2]
    assert found["density_8"][0] == pytest.approx(
        np.exp(-((11.4 / 8) ** 2)) + np.exp(-((15.2 / 8) ** 2)), rel=1e-5
    )
    assert found["window_contacts_16"][0] == pytest.approx((2 + 2 + 1 + 1 + 2) / 9)
    assert found["to_end"].tolist() == [0, 1, 2, 2, 1, 0]
    assert found["type_0"].all() and not found["type_1"].any()


def test_one_residue_is_no_trouble():
    data = line([0.0])
    for names, table in (
        (ARTEFACT_NAMES, artefact_features(data)),
        (PACKING_NAMES, packing_features(data)),
        (MODEL_NAMES, model_features(data)[None]),
    ):
        assert table.shape == (1, len(names)) and np.isfinite(table).all()


def test_chains_are_not_neighbours():
    data = line([0.0, 3.8, 7.6, 7.7, 11.5, 15.3], [1, 2, 3, 1, 2, 3])
    data.chain = torch.tensor([0, 0, 0, 1, 1, 1])
    found = named(ARTEFACT_NAMES, artefact_features(data))
    assert not found["broken"].any() and not found["model_gaps"].any()
    assert found["clashes"].tolist() == [0, 0, 1, 1, 0, 0]


def test_motion_changes_nothing():
    data = load_cath_scop_mini()[7]
    turn = random_rotation(torch.Generator().manual_seed(1))
    moved = rigid_motion(data, turn.float(), torch.tensor([5.0, -7.0, 11.0]))
    assert not torch.allclose(moved.pos, data.pos)
    for features in (artefact_features, packing_features, model_features):
        assert features(moved) == pytest.approx(features(data), abs=1e-2)


def test_counts_are_those_of_the_corpus(data_root: Path):
    pack = load_decoys(data_root)["validation"]
    for data in pack.subset(np.arange(0, len(pack), 3)):
        found = dict(zip(MODEL_NAMES, model_features(data), strict=True))
        assert found["clashes"] == data.ca_clashes and found["breaks"] == data.chain_breaks
        assert found["coverage"] == pytest.approx(float(data.coverage))
        residues = named(ARTEFACT_NAMES, artefact_features(data))
        assert residues["model_clashes"][0] == found["clashes"]


@pytest.mark.slow
def test_artefacts_and_packing_tell_some_of_the_quality(data_root: Path):
    packs = load_decoys(data_root)
    rows, truth = {}, {}
    for name, step in (("train", 12), ("test", 4)):
        pack = packs[name].subset(np.arange(0, len(packs[name]), step))
        tables = [np.hstack([artefact_features(data), packing_features(data)]) for data in pack]
        rows[name], truth[name] = np.concatenate(tables), pack.columns["lddt"]
    model = HistGradientBoostingRegressor(max_iter=50, random_state=0)
    guess = model.fit(rows["train"], truth["train"]).predict(rows["test"])
    assert 0.2 < pearsonr(guess, truth["test"])[0] < 0.6
