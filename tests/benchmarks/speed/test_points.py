"""Graphs of the sizes that searches are timed on."""

from __future__ import annotations

import torch

from benchmarks.speed.points import assembly, batch_of, chains_of
from proteingraph.datasets import load_cath_scop_mini


def test_chains_are_cut_to_one_length():
    corpus = load_cath_scop_mini()
    chains = chains_of(corpus, 5, 120)
    assert [chain.num_nodes for chain in chains] == [120] * 5
    batch = batch_of(corpus, 3, 120)
    assert batch.num_graphs == 3 and torch.equal(batch.pos[:120], chains[0].pos)


def test_longer_ones_than_there_are_become_assemblies():
    corpus = load_cath_scop_mini()
    length = int(corpus.lengths.max()) + 1
    batch = batch_of(corpus, 2, length)
    assert torch.bincount(batch.batch).tolist() == [length, length]
    assert torch.equal(batch.pos[:length], batch.pos[length:])


def test_chains_of_an_assembly_keep_their_distance():
    whole = assembly(load_cath_scop_mini(), 1500)
    assert whole.num_nodes == 1500 and whole.chain.unique_consecutive().tolist() == list(range(6))
    apart = whole.chain[:, None] != whole.chain
    assert torch.cdist(whole.pos, whole.pos)[apart].min() >= 4.0
    first = (whole.chain == 0).sum()
    assert torch.equal(whole.position[:first], torch.arange(int(first)))
