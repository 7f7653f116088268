"""What comes of the files of a run of embedding, good or bad."""

from __future__ import annotations

from dataclasses import dataclass, field

from proteingraph.embedding.chains import ChainEmbedding

__all__ = ["FileEmbeddings"]


@dataclass(frozen=True)
class FileEmbeddings:
    """What came of one file, or of a run of entries of a corpus.

    Attributes:
        path: The file, or the corpus.
        chains: Embeddings of its chains; empty if it could not be read.
        reason: Why it could not be read; None if it could.
    """

    path: str
    chains: list[ChainEmbedding] = field(default_factory=list)
    reason: str | None = None
