"""Protein embeddings: what is pooled apart, and the scale they are brought to."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers.graph_networks import encoder, perturbed, recipe
from torch_geometric.data import Data

from proteingraph.errors import MissingAttributeError
from proteingraph.nn import Embeddings, ProteinReadout, Whitening
from proteingraph.testing import mirror_image, random_rotation, rigid_motion


def pooled(model, data):
    graph = recipe()(data.clone())
    return ProteinReadout.pool(model(graph), graph)


def test_kinds_of_pairs_by_hand():
    position = torch.tensor([0, 5, 6, 24, 2])
    chain = torch.tensor([0, 0, 0, 0, 1])
    sources, targets = torch.cartesian_prod(torch.arange(5), torch.arange(5)).T[[1, 0]]
    keep = sources != targets
    index = torch.stack([sources[keep], targets[keep]])
    pair = torch.arange(float(index.size(1)))[:, None]
    embeddings = Embeddings(torch.zeros(5, 1), pair, torch.zeros(1, 1), index)
    out = ProteinReadout.pool(embeddings, Data(position=position, chain=chain)).view(8, 2)
    for kind in range(8):
        low, high = ((0, 5), (6, 11), (12, 23), (24, 10**6))[kind % 4]
        members = []
        for value, (j, i) in zip(pair[:, 0].tolist(), index.T.tolist(), strict=True):
            apart = int(position[j] - position[i])
            if chain[j] != chain[i]:
                of_kind = kind == 3
            else:
                of_kind = low <= abs(apart) <= high and (apart < 0) == (kind >= 4)
            members += [value] if of_kind else []
        expected = [np.mean(members), np.std(members)] if members else [0, 0]
        assert out[kind].tolist() == pytest.approx(expected, abs=1e-5)
    assert out[2].any() and out[6].any() and not (out[0] == out[4]).all()


def test_a_batch_is_its_members_and_motions_do_not_matter():
    model = encoder()
    batch = perturbed(30, 45, 9)
    together = pooled(model, batch)
    for number, one in enumerate(batch.to_data_list()):
        torch.testing.assert_close(pooled(model, one)[0], together[number])
    moved = rigid_motion(
        batch, random_rotation(torch.Generator().manual_seed(1)), torch.tensor([3.0, -40, 7])
    )
    torch.testing.assert_close(pooled(model, moved), together)
    assert (pooled(model, mirror_image(batch)) - together).abs().max() > 1e-3


def test_scaled_as_the_whitening_does():
    model = encoder()
    batch = perturbed(30, 45, 9, 20)
    raw = pooled(model, batch)
    whitening = Whitening.fit(raw.detach().numpy(), columns=3)
    readout = ProteinReadout.of(whitening, 8).double()
    graph = recipe()(batch.clone())
    out = readout(model(graph), graph)
    np.testing.assert_allclose(out.detach().numpy(), whitening(raw.detach().numpy()), rtol=1e-4)
    assert out.shape == (4, 3) and readout.columns == 3


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="a whitening of 5 columns does not fit the 128"):
        ProteinReadout.of(Whitening(np.zeros(5), np.zeros((5, 2))), 8)
    graph = recipe()(perturbed(12))
    embeddings = encoder()(graph)
    del graph.position
    with pytest.raises(MissingAttributeError, match="`position`"):
        ProteinReadout.pool(embeddings, graph)
