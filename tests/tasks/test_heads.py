"""Tests of heads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from proteingraph.errors import ConfigError
from proteingraph.nn import CondResNet, Embeddings
from proteingraph.tasks.heads import (
    PairHead,
    ProteinHead,
    ResidueHead,
    SurroundingsHead,
    TaskHead,
    embedding_channels,
    make_head,
)

SIZES = (5, 1, 7)  # residues of each protein
KINDS = torch.arange(13, dtype=torch.int8) + 8  # residue types, the last unknown


def embeddings(seed: int = 0) -> tuple[Embeddings, torch.Tensor]:
    """Random embeddings of three proteins, three pairs a residue, and each residue's protein."""
    generator = torch.Generator().manual_seed(seed)
    batch = torch.repeat_interleave(torch.arange(3), torch.tensor(SIZES))
    target = torch.repeat_interleave(torch.arange(len(batch)), 3)
    residue, pair = (torch.randn(n, c, generator=generator) for n, c in ((13, 4), (39, 2)))
    return Embeddings(residue, pair, torch.zeros(3, 1), torch.stack([target, target])), batch


def test_pools_means_and_deviations_of_pairs_and_residues() -> None:
    given, batch = embeddings()
    head = ProteinHead(4, 2, outputs=12, hidden=0).eval()
    torch.nn.init.eye_(head.layers[-1].weight)
    torch.nn.init.zeros_(head.layers[-1].bias)
    values = head(given, batch, 3).detach().numpy()
    pair, residue = given.pair.numpy(), given.residue.numpy()
    pairs, residues = (
        np.split(x, np.cumsum(np.array(SIZES) * n)[:-1]) for x, n in ((pair, 3), (residue, 1))
    )
    expected = [
        np.concatenate([p.mean(0), p.std(0), r.mean(0), r.std(0)])
        for p, r in zip(pairs, residues, strict=True)
    ]
    np.testing.assert_allclose(values, expected, rtol=1e-4, atol=1e-5)


def test_scale_is_that_of_the_batches_trained_on() -> None:
    given, batch = embeddings()
    large = Embeddings(
        given.residue * 100 + 5, given.pair * 100 - 5, given.protein, given.edge_index
    )
    head = ProteinHead(4, 2, outputs=3, dropout=0.0)
    torch.testing.assert_close(head(given, batch, 3), head(large, batch, 3), rtol=1e-3, atol=1e-3)
    before = head.eval()(large, batch, 3)
    head.train()
    for _ in range(100):
        head(large, batch, 3)
    after = head.eval()(large, batch, 3)
    assert float(after.detach().abs().max()) < float(before.detach().abs().max())
    head.reset_parameters()
    assert float(head.norm.running_mean.abs().max()) == 0.0


def test_a_protein_alone_in_its_batch_can_be_trained_on() -> None:
    given, batch = embeddings()
    head = ProteinHead(4, 2, outputs=3, dropout=0.0)
    head(given, batch, 3)
    scale = head.norm.running_mean.clone()
    alone = Embeddings(
        given.residue[:5], given.pair[:15], given.protein[:1], given.edge_index[:, :15]
    )
    scores = head(alone, batch[:5], 1)
    assert torch.equal(head.norm.running_mean, scale)
    torch.testing.assert_close(scores, head.eval()(alone, batch[:5], 1))
    scores.sum().backward()
    assert float(head.layers[-1].weight.grad.abs().sum()) > 0


def test_channels_of_the_dense_network() -> None:
    assert embedding_channels(CondResNet(channels=8, bottleneck=4, blocks=1)) == (8, 8)


@pytest.mark.parametrize("hidden", [0, 8])
def test_repr_and_shape(hidden: int) -> None:
    given, batch = embeddings()
    head = ProteinHead(4, 2, outputs=5, hidden=hidden)
    assert head(given, batch, 3).shape == (3, 5)
    assert str(head) == "ProteinHead(pooled=12, outputs=5)"


def identity(head: TaskHead) -> TaskHead:
    """A linear head that gives what it sees, in evaluation mode."""
    torch.nn.init.eye_(head.layers[-1].weight)
    torch.nn.init.zeros_(head.layers[-1].bias)
    return head.eval()


def test_residues_are_seen_with_how_their_pairs_differ() -> None:
    given, batch = embeddings()
    got = identity(ResidueHead(4, 2, outputs=6, hidden=0))(given, batch, 3)
    spread = given.pair.reshape(13, 3, 2).std(dim=1, correction=0)  # three pairs a residue
    expected = torch.cat([given.residue, spread], dim=-1)
    torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-4)


def test_context_is_the_mean_of_neighbours_and_of_the_protein() -> None:
    given, batch = embeddings()
    target = given.edge_index[1]
    # Residue 5 is a protein of its own; others receive from the one after them, in a ring.
    source = torch.tensor([1, 2, 3, 4, 0, 5, 7, 8, 9, 10, 11, 12, 6])[target]
    given = replace(given, edge_index=torch.stack([source, target]))
    head = identity(ResidueHead(4, 2, outputs=18, hidden=0, context=True))
    own, near, whole = head(given, batch, 3).split(6, dim=-1)
    alone = identity(ResidueHead(4, 2, outputs=6, hidden=0))(given, batch, 3)
    torch.testing.assert_close(own, alone)
    torch.testing.assert_close(near, alone[source[::3]])
    for protein in range(3):
        there = batch == protein
        expected = alone[there].mean(dim=0).expand(int(there.sum()), 6)
        torch.testing.assert_close(whole[there], expected)


def test_context_is_of_residues_only() -> None:
    encoder = CondResNet(channels=8, bottleneck=4, blocks=1)
    assert make_head("residue", encoder, 1, 8, 0.0, context=True).norm.num_features == 48
    with pytest.raises(ConfigError, match="for residues"):
        make_head("pair", encoder, 1, 8, 0.0, context=True)


def test_pairs_are_seen_with_both_their_residues() -> None:
    given, batch = embeddings()
    target = given.edge_index[1]
    given = replace(given, edge_index=torch.stack([target.flip(0), target]))
    got = identity(PairHead(4, 2, outputs=10, hidden=0))(given, batch, 3)
    ends = given.residue[target.flip(0)], given.residue[target]
    torch.testing.assert_close(got, torch.cat([given.pair, *ends], -1), rtol=1e-4, atol=1e-4)


def test_features_join_the_residues_of_every_head() -> None:
    given, batch = embeddings()
    values = torch.randn(13, 5)
    for kind, rows in ((ResidueHead, 13), (ProteinHead, 3), (PairHead, 39)):
        head = kind(4, 2, outputs=1, features=5, feature_channels=3).eval()
        one, two = head(given, batch, 3, values), head(given, batch, 3, values + 1)
        assert one.shape == (rows, 1) and not torch.allclose(one, two)
        with pytest.raises(ValueError, match="expected features"):
            head(given, batch, 3)


def surrounded(depth: int = 2) -> SurroundingsHead:
    torch.manual_seed(5)
    return SurroundingsHead(4, 2, outputs=2, hidden=8, depth=depth).eval()


def positions(seed: int = 1) -> torch.Tensor:
    return 6 * torch.randn(13, 3, generator=torch.Generator().manual_seed(seed))


def test_surroundings_are_seen_the_same_however_a_structure_lies() -> None:
    (given, batch), pos = embeddings(), positions()
    head = surrounded()
    expected = head(given, batch, 3, pos=pos, residue_type=KINDS)
    turn = torch.linalg.qr(torch.randn(3, 3, generator=torch.Generator().manual_seed(2)))[0]
    moved = head(given, batch, 3, pos=pos @ turn.T + 7, residue_type=KINDS)
    torch.testing.assert_close(moved, expected, rtol=1e-4, atol=1e-5)
    assert not torch.allclose(
        head(given, batch, 3, pos=1.3 * pos, residue_type=KINDS), expected, atol=1e-3
    )


def test_surroundings_are_those_of_the_protein_alone() -> None:
    (given, batch), pos = embeddings(), positions()
    together = surrounded()(given, batch, 3, pos=pos, residue_type=KINDS)
    for protein in range(3):
        there = batch == protein
        pairs = there[given.edge_index[1]]
        index = given.edge_index[:, pairs] - int(there.nonzero()[0])
        alone = Embeddings(given.residue[there], given.pair[pairs], given.protein[:1], index)
        zeros = torch.zeros(int(there.sum()), dtype=torch.long)
        found = surrounded()(alone, zeros, 1, pos=pos[there], residue_type=KINDS[there])
        torch.testing.assert_close(found, together[there], rtol=1e-4, atol=1e-5)


def test_each_layer_reaches_as_far_as_neighbours_do() -> None:
    (given, batch), pos = embeddings(), positions()
    pos.requires_grad_(False)
    residue = given.residue.clone().requires_grad_(True)
    given = replace(given, residue=residue)
    surrounded(1)(given, batch, 3, pos=pos, residue_type=KINDS)[0].sum().backward()
    seen = residue.grad.abs().sum(dim=1) > 0
    assert seen[:5].all() and not seen[5:].any()


def test_surroundings_need_coordinates_and_hidden_channels() -> None:
    given, batch = embeddings()
    with pytest.raises(ValueError, match="coordinates"):
        surrounded()(given, batch, 3)
    with pytest.raises(ConfigError, match="hidden"):
        SurroundingsHead(4, 2, outputs=1, hidden=0)
    with pytest.raises(ConfigError, match="for residues"):
        make_head(
            "protein", CondResNet(channels=8, bottleneck=4, blocks=1), 1, 8, 0.0, surroundings=1
        )
