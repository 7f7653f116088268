"""Embeddings of chains and complexes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from proteingraph.datasets import CathScopMini
from proteingraph.embedding import embed_graphs, embed_structure
from proteingraph.errors import StructureError
from proteingraph.io import Structure, read_structure
from proteingraph.pretrain import DenoisingModel


@pytest.fixture(scope="module")
def model(weights):
    return DenoisingModel.from_pretrained(weights)


def test_one_record_a_chain_in_order(model, test_files):
    structure = read_structure(test_files / "5zng.cif.gz")
    records = embed_structure(model, structure)
    assert [record.chain for record in records] == structure.chain_ids
    assert len(records) > 1
    for record, part in zip(records, structure.split_chains(), strict=True):
        assert record.sequence == part.sequence
        assert record.residue.shape == (len(part), 28)
        assert record.protein.shape == (16 * 12,)
        assert record.residue.dtype == record.protein.dtype == np.float32
        assert (record.residue_number == part.residue_number).all()
        assert (record.insertion_code == part.insertion_code).all()
        assert (record.residue_chain == part.chain).all()


def test_chain_alone_or_with_others_is_the_same(model, test_files):
    structure = read_structure(test_files / "5zng.cif.gz")
    together = embed_structure(model, structure)[0]
    alone = embed_structure(model, structure.split_chains()[0])[0]
    np.testing.assert_allclose(together.residue, alone.residue, atol=1e-5)
    np.testing.assert_allclose(together.protein, alone.protein, atol=1e-5)


def test_complex_sees_other_chains(model, test_files):
    structure = read_structure(test_files / "5zng.cif.gz")
    (whole,) = embed_structure(model, structure, complexes=True)
    apart = np.concatenate([record.residue for record in embed_structure(model, structure)])
    assert whole.chain == ",".join(structure.chain_ids)
    assert whole.residue.shape == apart.shape
    assert np.abs(whole.residue - apart).max() > 1e-3


def test_twice_is_the_same_and_mode_is_kept(model, test_files):
    structure = read_structure(test_files / "1aki.pdb")
    model.train()
    first, second = (embed_structure(model, structure)[0] for _ in range(2))
    assert model.training
    model.eval()
    assert (first.residue == second.residue).all()
    assert (first.protein == second.protein).all()


def test_told_noise_matters(model, test_files):
    structure = read_structure(test_files / "1aki.pdb")
    default, told = embed_structure(model, structure), embed_structure(model, structure, sigma=0.5)
    other = embed_structure(model, structure, sigma=5.0)
    assert (default[0].protein == told[0].protein).all()
    assert np.abs(default[0].protein - other[0].protein).max() > 1e-4


def test_moved_structure_has_the_same_embedding(model):
    data = CathScopMini("validation")[0]
    moved = data.clone()
    rotation = torch.tensor([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    moved.pos = data.pos @ rotation.T + 7.0
    first, second = embed_graphs(model, [data, moved])
    np.testing.assert_allclose(first.residue, second.residue, atol=1e-4)
    np.testing.assert_allclose(first.protein, second.protein, atol=1e-4)


def test_graphs_are_left_as_they_were(model):
    data = CathScopMini("validation")[0]
    before = set(data.keys())
    embed_graphs(model, [data])
    assert set(data.keys()) == before


def test_residues_without_ca_are_left_out(model, test_files):
    structure = read_structure(test_files / "1aki.pdb")
    mask = structure.backbone_mask.copy()
    mask[[3, 50], 1] = False
    gappy = Structure.from_arrays(
        structure.backbone,
        structure.sequence,
        mask=mask,
        residue_number=structure.residue_number,
    )
    (record,) = embed_structure(model, gappy)
    assert len(record.sequence) == 127
    assert not {4, 51} & set(record.residue_number.tolist())


def test_nothing_to_embed(model, test_files):
    structure = read_structure(test_files / "1aki.pdb")
    with pytest.raises(StructureError, match="no residue has a CA atom"):
        embed_structure(model, structure.select(slice(0, 0)))


def test_pairs_of_each_chain(model, test_files):
    structure = read_structure(test_files / "5zng.cif.gz")
    together = embed_structure(model, structure, pairs=True)
    assert len(together) > 1
    for part, record in zip(structure.split_chains(), together, strict=True):
        (alone,) = embed_structure(model, part, pairs=True)
        assert record.pair.shape == (8 * len(record.sequence), 12)
        np.testing.assert_array_equal(record.pair_index, alone.pair_index)
        np.testing.assert_allclose(record.pair, alone.pair, atol=1e-4)
        assert (np.diff(record.pair_index[1]) >= 0).all() and record.pair_index.min() == 0
    assert embed_structure(model, structure)[0].pair is None
