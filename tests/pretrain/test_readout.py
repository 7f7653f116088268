"""The scale of protein embeddings that a run leaves with its weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch

from proteingraph.nn import ProteinReadout, Whitening
from proteingraph.pretrain import DenoisingModel
from proteingraph.pretrain.readout import fit_readout


def make(kind="graph"):
    torch.manual_seed(0)
    if kind == "graph":
        return DenoisingModel(graph={"k": 6}, encoder={"channels": 8, "pair_channels": 4})
    return DenoisingModel(kind, encoder={"channels": 4, "bottleneck": 2, "blocks": 1})


def embed(model, corpus):
    with torch.no_grad():
        return model.embed(Batch.from_data_list([corpus[i] for i in range(len(corpus))])).protein


@pytest.mark.parametrize("kind", ["graph", "cond_resnet"])
def test_embeddings_are_on_the_scale_of_the_corpus(kind, corpus):
    model = make(kind).eval()
    raw = embed(model, corpus)
    fit_readout(model, corpus, columns=5)
    expected = Whitening.fit(raw.numpy(), columns=5)(raw.numpy())
    np.testing.assert_allclose(embed(model, corpus).numpy(), expected, atol=2e-4)


def test_few_structures_give_few_columns_and_batches_do_not_matter(corpus):
    one, other = make().train(), make().eval()
    fit_readout(one, corpus, chains=4, residues=1)
    fit_readout(other, corpus, chains=4, residues=10_000)
    assert one.readout.columns == 3 and one.training  # four points span three dimensions
    torch.testing.assert_close(one.readout.mean, other.readout.mean)
    assert one.settings["readout"] == 3
    fit_readout(one, corpus, columns=2)
    assert one.readout.columns == 2
    with pytest.raises(ValueError, match="1 structures tell no scale"):
        fit_readout(one, corpus.subset([0]))


def test_it_is_saved_and_loaded(corpus, tmp_path):
    model = make().eval()
    fit_readout(model, corpus, columns=5)
    model.save_pretrained(tmp_path)
    loaded = DenoisingModel.from_pretrained(tmp_path)
    assert torch.equal(embed(loaded, corpus), embed(model, corpus))
    loaded.set_readout(None)
    assert embed(loaded, corpus).shape == (len(corpus), ProteinReadout(4).pooled_channels)


def test_absurd_sizes_are_refused():
    for columns in (-1, 10**9, 2.5):
        with pytest.raises(ValueError, match="readout must be a whole number"):
            DenoisingModel(readout=columns)
