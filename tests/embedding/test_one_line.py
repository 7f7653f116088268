"""Embedding in one line."""

from __future__ import annotations

import numpy as np
import pytest

import proteingraph
from proteingraph.embedding import embed, embed_structure
from proteingraph.errors import StructureError, WeightsError
from proteingraph.io import read_structure
from proteingraph.pretrain import DenoisingModel


def test_files_structures_names_folders_and_networks(weights, test_files):
    file = test_files / "5zng.cif.gz"
    model = DenoisingModel.from_pretrained(weights)
    expected = embed_structure(model, read_structure(file))
    for structure, network in ((file, weights), (read_structure(file), model)):
        records = embed(structure, network)
        assert [r.chain for r in records] == [r.chain for r in expected]
        for one, other in zip(records, expected, strict=True):
            np.testing.assert_array_equal(one.residue, other.residue)


@pytest.mark.parametrize("as_structure", [False, True])
def test_parts(as_structure, weights, test_files):
    source = test_files / "5zng.cif.gz"
    source = read_structure(source) if as_structure else source
    (one,) = embed(source, weights, chains=["C"])
    assert one.chain == "C"
    (domain,) = embed(source, weights, ranges="A:995-1009,C", pairs=True)
    assert domain.chain == "A,C" and domain.pair_index.max() == len(domain.sequence) - 1
    (all_of_it,) = embed(source, weights, complexes=True)
    assert len(all_of_it.sequence) > len(one.sequence)
    with pytest.raises(StructureError):
        embed(source, weights, chains=["nope"])


def test_a_name_is_loaded_once(test_files, monkeypatch):
    first = proteingraph.embed(test_files / "1aki.cif", "dsm_small")[0].protein
    monkeypatch.setattr("proteingraph.embedding.one_line.load_model", None)
    assert (proteingraph.embed(test_files / "1aki.cif", "dsm_small")[0].protein == first).all()
    monkeypatch.undo()
    with pytest.raises(WeightsError, match="dsm_smol"):
        proteingraph.embed(test_files / "1aki.cif", "dsm_smol")
