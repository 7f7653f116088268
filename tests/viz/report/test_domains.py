"""Shipped domains near a protein, and the cache of their embeddings."""

from __future__ import annotations

import numpy as np
import pytest

from proteingraph.datasets import load_cath_scop_mini
from proteingraph.embedding import embed_graphs
from proteingraph.pretrain import DenoisingModel
from proteingraph.viz.report import domain_embeddings, nearest_domains
from proteingraph.viz.report.domains import weights_hash


@pytest.fixture(scope="module")
def domains():
    return load_cath_scop_mini().subset(np.arange(0, 3030, 250))


@pytest.fixture(scope="module")
def model(weights):
    return DenoisingModel.from_pretrained(weights)


def counted(made):
    def progress(batches):
        for batch in batches:
            made.extend(batch.tolist())
            yield batch

    return progress


def test_embeddings_are_kept(model, domains, tmp_path):
    made: list[int] = []
    folder = tmp_path / "cache"
    first = domain_embeddings(model, domains, folder, counted(made))
    assert sorted(made) == list(range(len(domains)))
    alone = np.stack([embed_graphs(model, [domain])[0].protein for domain in domains])
    np.testing.assert_allclose(first, alone, rtol=1e-3, atol=1e-4)
    made.clear()
    np.testing.assert_array_equal(domain_embeddings(model, domains, folder, counted(made)), first)
    assert not made
    assert len(list(folder.iterdir())) == 1


def test_other_weights_domains_or_contents_are_not_believed(model, domains, weights, tmp_path):
    made: list[int] = []
    right = domain_embeddings(model, domains, tmp_path)
    other = DenoisingModel.from_pretrained(weights)
    next(other.encoder.parameters()).data += 0.1
    assert weights_hash(other) != weights_hash(model)
    domain_embeddings(other, domains, tmp_path, counted(made))
    assert len(made) == len(domains)
    domain_embeddings(model, domains.subset(np.arange(3)), tmp_path, counted(made))
    assert len(made) == len(domains) + 3
    made.clear()
    for content in (b"", b"no array", None):
        for path in tmp_path.iterdir():
            path.unlink() if content is None else path.write_bytes(content)
        np.testing.assert_array_equal(domain_embeddings(model, domains, tmp_path), right)
    (path,) = tmp_path.iterdir()
    np.save(path, right + 1)  # as if proteins had been pooled otherwise
    np.testing.assert_array_equal(domain_embeddings(model, domains, tmp_path), right)


def test_a_cache_that_cannot_be_written_to_is_done_without(model, domains, tmp_path):
    (tmp_path / "file").write_text("")
    assert len(domain_embeddings(model, domains.subset(np.arange(2)), tmp_path / "file")) == 2


def test_nearest(domains):
    embeddings = np.zeros((len(domains), 2), dtype=np.float32)
    embeddings[:, 1] = 1
    embeddings[5], embeddings[7] = (2, 0), (1, 1)
    first, second = nearest_domains(np.array([3, 0], np.float32), embeddings, domains, 2)
    assert (first.name, first.cosine) == (domains.names[5], pytest.approx(1))
    assert (second.name, second.cosine) == (domains.names[7], pytest.approx(0.5**0.5))
    assert first.residues == domains[5].num_nodes
    assert (first.cath_code, first.sccs) == (domains[5].cath_code, domains[5].sccs)
