"""Attributes of graphs and batches: what is missing, what is in the way, where rows belong."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch, Data

from proteingraph import transforms as T
from proteingraph.errors import MissingAttributeError, ProteinGraphError
from proteingraph.testing import random_structure

NEEDS = [
    (T.BackboneTorsions(), "backbone", r"PerturbCoordinates\(backbone=False\) drops it"),
    (T.CATorsions(), "position", "comes from ResiduePosition"),
    (T.ChainEnds(), "segment", "comes from ResiduePosition"),
    (T.ContiguousCrop(), "chain", "comes from ResiduePosition"),
    (T.MaskResidueTypes(), "residue_type", r"`to_data\(\)`"),
    (T.NodeAttribute("profile"), "profile", "an earlier transform"),
    (T.PerturbCoordinates(), "pos", r"`to_data\(\)`"),
    (T.PerturbCoordinates(backbone=True), "backbone", "N, CA, C, O atoms"),
    (T.RadialBasis(), "edge_index", "comes from ResidueKNN, ResidueRadius or SequenceEdges"),
    (T.RelativeOrientation(), "edge_index", "comes from ResidueKNN"),
    (T.RelativeOrientation("backbone"), "backbone_mask", r"`to_data\(\)`"),
    (T.ResidueFeatures({"a": np.zeros((9, 2))}), "pos", r"`to_data\(\)`"),
    (T.ResidueGraph(), "position", "SequenceEdges needs"),
    (T.ResidueKNN(), "pos", r"`to_data\(\)`"),
    (T.ResiduePosition(), "pos", r"`to_data\(\)`"),
    (T.ResidueRadius(), "pos", r"`to_data\(\)`"),
    (T.ResidueTypes(), "residue_type", r"`to_data\(\)`"),
    (T.SameChain(), "segment", "comes from ResiduePosition"),
    (T.SequenceEdges(), "position", "put that first"),
    (T.SequenceOffset(), "position", "comes from ResiduePosition"),
    (T.SpatialCrop(), "chain", "comes from ResiduePosition"),
]


@pytest.mark.parametrize(("transform", "name", "says"), NEEDS, ids=str)
def test_what_is_missing_and_who_provides_it(transform, name, says):
    data = random_structure(9)
    if not isinstance(transform, T.ContiguousCrop | T.SpatialCrop | T.PerturbCoordinates):
        data = T.ResidueKNN(3)(data) if name != "edge_index" else data
    if name in data:
        del data[name]
    for graph in (data, Batch.from_data_list([data, data])):
        with pytest.raises(MissingAttributeError, match=says) as error:
            transform(graph)
        assert f"`{name}`" in str(error.value)
        assert isinstance(error.value, ProteinGraphError | AttributeError)


def test_every_transform_says_what_it_lacks():
    elsewhere = {"LanguageModelFeatures"}  # needs a language model: in the test of its own
    assert {type(transform).__name__ for transform, _, _ in NEEDS} | elsewhere == set(T.__all__)


def test_edges_do_not_change_under_their_attributes():
    data = T.RadialBasis()(T.ResidueKNN(3)(random_structure(9)))
    for transform in (T.ResidueKNN(4), T.ResidueRadius(), T.SequenceEdges()):
        with pytest.raises(ValueError, match="put edges before attributes"):
            transform(data)


def test_columns_are_appended_in_order():
    data = T.ResidueKNN(3)(random_structure(9, dtype=torch.float64))
    both = T.ChainEnds()(T.ResidueTypes()(data))
    assert torch.equal(both.x[:, :22], T.ResidueTypes()(data).x)
    assert torch.equal(both.x[:, 22:], T.ChainEnds()(data).x)
    both = T.SameChain()(T.SequenceOffset()(data))
    assert torch.equal(both.edge_attr[:, :29], T.SequenceOffset()(data).edge_attr)
    assert torch.equal(both.edge_attr[:, 29:], T.SameChain()(data).edge_attr)


def test_a_batch_built_by_hand_has_no_slices_to_keep():
    graphs = [random_structure(n, seed=n) for n in (6, 9)]
    batch = Batch.from_data_list(graphs)
    names = ("pos", "position", "chain", "segment", "residue_type", "batch")
    plain = Data(**{name: batch[name] for name in names})
    by_hand = Batch(**{name: batch[name] for name in names})
    transform = T.ResidueGraph(k=3, offsets=(1,))
    for data in (plain, by_hand):
        out = transform(data)
        assert torch.equal(out.edge_index, transform(batch).edge_index)
        assert torch.equal(out.x, transform(batch).x)
        assert len(T.PerturbCoordinates()(data).sigma) == 2


def test_graphs_taken_out_of_a_batch_can_be_batched_again(structure):
    graphs = [structure(n, seed=n) for n in (6, 1, 9)]
    batch = T.ResidueGraph(k=3, offsets=(1,))(Batch.from_data_list(graphs))
    again = Batch.from_data_list(batch[torch.tensor([2, 0])])
    expected = [T.ResidueGraph(k=3, offsets=(1,))(graphs[i]) for i in (2, 0)]
    for ours, theirs in zip(again.to_data_list(), expected, strict=True):
        assert torch.equal(ours.edge_index, theirs.edge_index)
        torch.testing.assert_close(ours.x, theirs.x)
