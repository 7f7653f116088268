"""Embeddings of structures: computed, written to files, and compared."""

from __future__ import annotations

from proteingraph.embedding.chains import ChainEmbedding, embed_graphs, embed_structure
from proteingraph.embedding.files import embed_files
from proteingraph.embedding.neighbors import nearest_neighbor_accuracy, standardize
from proteingraph.embedding.one_line import embed
from proteingraph.embedding.ranking import first_hit_accuracy, sensitivity_to_first_error
from proteingraph.embedding.results import FileEmbeddings
from proteingraph.embedding.tables import write_embeddings
from proteingraph.nn import Whitening

__all__ = [
    "ChainEmbedding",
    "FileEmbeddings",
    "Whitening",
    "embed",
    "embed_files",
    "embed_graphs",
    "embed_structure",
    "first_hit_accuracy",
    "nearest_neighbor_accuracy",
    "sensitivity_to_first_error",
    "standardize",
    "write_embeddings",
]
