"""Decoys of a corpus: always the same, each its own, labelled."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch_geometric.loader import DataLoader

from proteingraph.datasets import load_cath_scop_mini
from proteingraph.datasets.decoys import SyntheticDecoys, decoy_makers
from proteingraph.errors import DatasetError
from proteingraph.geometry import lddt_ca
from proteingraph.transforms import ChainEnds
from proteingraph.transforms.decoys import GaussianDecoy


@pytest.fixture(scope="module")
def natives():
    pack = load_cath_scop_mini()
    return pack.subset(np.argsort(pack.lengths, kind="stable")[[100, 120, 140]])


def test_every_kind_of_every_native(natives):
    decoys = SyntheticDecoys(natives, copies=2, superposed=False)
    assert len(decoys) == 3 * 4 * 2
    names = [data.name for data in decoys]
    assert len(set(names)) == len(names)
    assert names[0] == f"{natives.names[0]}/gaussian/0"
    assert [data.kind for data in decoys][::2] == [*decoy_makers()] * 3
    for row, data in zip(decoys.targets(), decoys, strict=True):
        assert data.target == natives.names[row] == data.name.split("/")[0]
        assert torch.equal(data.pos_native, natives[int(row)].pos)
        torch.testing.assert_close(data.lddt, lddt_ca(data.pos, data.pos_native, per_residue=True))


def test_a_decoy_is_always_the_same_and_like_no_other(natives):
    made = [
        SyntheticDecoys(natives, {"gaussian": GaussianDecoy(1.0)}, 3, seed, superposed=False)
        for seed in (0, 0, 1)
    ]
    places = [[data.pos for data in decoys] for decoys in made]
    assert all(torch.equal(*pair) for pair in zip(places[0], places[1], strict=True))
    assert not any(torch.equal(*pair) for pair in zip(places[0], places[2], strict=True))
    noise = [place - natives[0].pos for place in places[0][:3]]
    noise += [made[2][0].pos - natives[0].pos]
    for one in range(4):
        for other in range(one):
            pair = torch.stack([noise[one].flatten(), noise[other].flatten()])
            assert abs(torch.corrcoef(pair)[0, 1]) < 0.3


def test_batches_of_a_loader(natives):
    decoys = SyntheticDecoys(natives, transform=ChainEnds())
    batch = next(iter(DataLoader(decoys, batch_size=5)))
    assert batch.gdt_ts.shape == batch.tm_score.shape == batch.lddt_modelled.shape == (5,)
    assert batch.x.shape[0] == batch.lddt.shape[0] == batch.num_nodes
    assert torch.equal(batch[3].pos, decoys[3].pos)


def test_settings_are_checked(natives):
    for settings in ({"makers": {}}, {"copies": 0}, {"seed": -1}):
        with pytest.raises(DatasetError, match="decoys need a maker"):
            SyntheticDecoys(natives, **settings)
