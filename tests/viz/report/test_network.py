"""What a network says of a structure, residue by residue."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from proteingraph.embedding import embed_structure
from proteingraph.errors import StructureError
from proteingraph.io import read_structure
from proteingraph.pretrain import DenoisingModel, denoise_structure
from proteingraph.viz.report.network import component_columns, score_column, view_structure


@pytest.fixture(scope="module")
def model(weights):
    model = DenoisingModel.from_pretrained(weights)
    torch.manual_seed(1)
    torch.nn.init.normal_(model.gradient.network[-1].weight)  # as it stands, it estimates 0
    return model


@pytest.fixture(scope="module")
def structure(test_files):
    """Two chains, of which the first lacks the CA of its third residue."""
    structure = read_structure(test_files / "5zng.cif.gz")
    structure.backbone_mask[2, 1] = False
    return structure


@pytest.fixture(scope="module")
def view(model, structure):
    return view_structure(model, structure, sigma=0.7)


def test_gradient_is_that_of_denoising(view, model, structure):
    result = denoise_structure(model, structure, sigma=0.7)
    np.testing.assert_allclose(view.score[result.rows], result.gradient, rtol=1e-4, atol=1e-5)
    norm = score_column(view).checked(len(structure))
    np.testing.assert_allclose(norm[result.rows], result.norm, rtol=1e-4)
    assert norm[result.rows].min() > 0
    assert np.isnan(norm[2])
    assert "0.7 Å" in score_column(view).about


def test_embeddings_are_those_of_chains(view, model, structure):
    records = embed_structure(model, structure)
    together = np.concatenate([record.residue for record in records])
    known = structure.backbone_mask[:, 1]
    np.testing.assert_allclose(view.residue[known], together, rtol=1e-3, atol=1e-4)
    assert np.isnan(view.residue[2]).all()
    assert [chain.chain for chain in view.chains] == [record.chain for record in records]


def test_edges_are_those_of_the_graph(view, model, structure):
    source, target = view.edge_index
    assert (np.diff(target) >= 0).all()
    np.testing.assert_array_equal(np.bincount(target)[[0, 1, 2, 3]], [8, 8, 0, 8])
    assert not (np.isin([2], source) | np.isin([2], target)).any()
    assert (structure.chain[source] == structure.chain[target]).all()
    # sequence neighbors within a chain are always joined
    assert {(4, 5), (5, 4), (4, 6)} <= set(zip(source.tolist(), target.tolist(), strict=True))


def test_together_chains_see_each_other(model, structure):
    view = view_structure(model, structure, together=True)
    source, target = view.edge_index
    assert (structure.chain[source] != structure.chain[target]).any()
    assert len(view.chains) == 1
    assert view.sigma == 0.5


def test_components(view):
    columns = component_columns(view, 3)
    values = np.stack([column.checked(len(view.residue)) for column in columns])
    known = ~np.isnan(values[0])
    assert known.sum() == len(view.residue) - 1
    covariance = np.cov(values[:, known], bias=True)
    np.testing.assert_allclose(covariance, np.eye(3), atol=1e-4)
    furthest = np.abs(values[:, known]).argmax(axis=1)
    assert (values[:, known][np.arange(3), furthest] > 0).all()
    assert all(column.diverging for column in columns)


def test_dense_networks_show_the_default_graph(test_files):
    structure = read_structure(test_files / "1aki.cif").select(slice(0, 40))
    model = DenoisingModel("cond_resnet", encoder={"channels": 8, "blocks": 1}).eval()
    view = view_structure(model, structure)
    assert view.dense
    np.testing.assert_array_equal(np.bincount(view.edge_index[1]), np.full(40, 24))


def test_nothing_to_show(model, structure):
    without = structure.select(structure.backbone_mask[:, 1] == False)  # noqa: E712
    with pytest.raises(StructureError, match="nothing to show"):
        view_structure(model, without)
