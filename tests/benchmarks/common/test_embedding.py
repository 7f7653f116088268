"""Read-outs of whole domains."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch

from benchmarks.common import Readout, embed_pack, load_domains, neighbor_scores, spread
from proteingraph.errors import ConfigError
from proteingraph.pretrain import DenoisingModel


@pytest.fixture(scope="module")
def pack():
    return spread(load_domains()["validation"], 4)


@pytest.fixture(scope="module")
def model(weights):
    return DenoisingModel.from_pretrained(weights)


def embeddings_of(model, data, sigma):
    batch = Batch.from_data_list([data])
    with torch.no_grad():
        return model.embed(batch, sigma)


def test_read_outs_are_what_the_network_says_of_a_domain_alone(model, pack):
    vectors = embed_pack(model, pack, ["protein", "pairs@2", "residue@0.2", "offsets@0.2"])
    assert np.allclose(vectors["protein"][2], embeddings_of(model, pack[2], 0.5).protein, atol=1e-5)
    pairs = embeddings_of(model, pack[1], 2).pair
    expected = torch.cat([pairs.mean(dim=0), pairs.std(dim=0, correction=0)])
    assert np.allclose(vectors["pairs@2"][1], expected, atol=1e-5)
    alone = embeddings_of(model, pack[3], 0.2)
    assert np.allclose(vectors["residue@0.2"][3], alone.residue.mean(dim=0), atol=1e-5)
    source, target = alone.edge_index
    apart = (source - target).abs()
    expected = []
    for low, high in ((0, 5), (6, 11), (12, 23), (24, 10_000)):
        pairs = alone.pair[(apart >= low) & (apart <= high)].numpy()
        assert len(pairs)
        expected += [pairs.mean(axis=0), pairs.std(axis=0)]
    assert np.allclose(vectors["offsets@0.2"][3], np.concatenate(expected), atol=1e-5)


def test_directed_tells_sources_before_the_target_from_those_after(model, pack):
    vectors = embed_pack(model, pack, ["directed@0.2"])["directed@0.2"]
    alone = embeddings_of(model, pack[3], 0.2)
    after = alone.edge_index[0] - alone.edge_index[1]
    bounds = ((0, 5), (6, 11), (12, 23), (24, 10_000))
    expected = []
    for sign in (1, -1):
        for low, high in bounds:
            pairs = alone.pair[(sign * after >= low) & (sign * after <= high)].numpy()
            expected += [pairs.mean(axis=0), pairs.std(axis=0)]
    assert np.allclose(vectors[3], np.concatenate(expected), atol=1e-5)


def test_noise_levels_are_joined_in_the_order_asked_for(model, pack):
    vectors = embed_pack(model, pack, ["residue@2", "residue@0.5", "residue@2+0.5"])
    both = np.hstack([vectors["residue@2"], vectors["residue@0.5"]])
    assert np.array_equal(vectors["residue@2+0.5"], both)
    assert not np.allclose(vectors["residue@2"], vectors["residue@0.5"])


def test_batches_do_not_matter(model, pack):
    one, many = (embed_pack(model, pack, ["offsets@1"], residues=n) for n in (1, 5000))
    assert np.allclose(one["offsets@1"], many["offsets@1"], atol=1e-5)


def test_dense_networks_are_embedded_too(pack):
    torch.manual_seed(0)
    model = DenoisingModel("cond_resnet", encoder={"channels": 8, "bottleneck": 4, "blocks": 1})
    few = spread(pack, 2)
    vectors = embed_pack(model.eval(), few, ["pairs@0.5", "residue@0.5", "offsets@0.5"])
    assert np.allclose(vectors["pairs@0.5"][:, :8], vectors["residue@0.5"], atol=1e-6)
    assert vectors["offsets@0.5"].shape == (2, 4 * 2 * 8)
    assert not np.allclose(vectors["pairs@0.5"][0], vectors["pairs@0.5"][1])


@pytest.mark.parametrize("text", ["pair", "protein@x", "protein@0", "protein@1+", "@1"])
def test_unknown_read_outs_are_refused(text):
    with pytest.raises(ConfigError, match="no read-out"):
        Readout.parse(text)


@pytest.mark.parametrize("text", ["residue", "protein@0.5", "offsets@0.2+10"])
def test_read_outs_are_written_as_they_are_read(text):
    assert str(Readout.parse(text)) == text


def test_scores_tell_relatives_from_noise():
    labels = [list("aabb"), list("abab")]
    axes = np.array([[0.0, 1], [0, 2], [1, 0], [5, 0]])
    assert neighbor_scores({"first": axes}, labels) == {"first": 0.5}
    assert neighbor_scores({"first": axes}, labels[:1]) == {"first": 1.0}
