"""What a search finds, as records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["COLUMNS", "Hit", "SearchResult", "result_rows"]

COLUMNS = (
    "source",
    "query",
    "query_length",
    "rank",
    "name",
    "chains",
    "length",
    "similarity",
    "tm_query",
    "tm_hit",
)
"""Columns of a table of hits; labels follow."""


@dataclass(frozen=True)
class Hit:
    """An entry of an index that a query found.

    Attributes:
        rank: Place among the hits of the query, from 1.
        entry: Number of the entry in the index, from 0.
        name: Name of the entry.
        chains: Names of its chains, joined by commas.
        length: Its residues.
        similarity: Cosine of its embedding and that of the query, from -1 to 1.
        tm_query: TM-score of the alignment by the length of the query; None if not aligned.
        tm_hit: TM-score by the length of the entry; None if not aligned.
        labels: What the index knows of the entry, such as its superfamily.
    """

    rank: int
    entry: int
    name: str
    chains: str
    length: int
    similarity: float
    tm_query: float | None = None
    tm_hit: float | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SearchResult:
    """What came of a query.

    Attributes:
        source: The file, or the name of the structure.
        name: Name of the query, such as ``1abc_A``; empty if it could not be read.
        length: Its residues.
        hits: What it found, the nearest first.
        reason: Why it could not be searched with; None if it could.
    """

    source: str
    name: str = ""
    length: int = 0
    hits: Sequence[Hit] = ()
    reason: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the result as nested dictionaries of plain values."""
        return asdict(self)


def result_rows(results: Sequence[SearchResult], labels: Sequence[str]) -> list[dict[str, Any]]:
    """Return a row a hit, for tables.

    Args:
        results: What queries found; those that could not be read have no rows.
        labels: Label columns of the index.
    """
    rows = []
    for result in results:
        for hit in result.hits:
            values = (result.source, result.name, result.length, hit.rank, hit.name, hit.chains)
            scores = (hit.length, hit.similarity, hit.tm_query, hit.tm_hit)
            row: dict[str, Any] = dict(zip(COLUMNS, values + scores, strict=True))
            # A label may be called as another column is.
            rows.append({**row, **{f"label_{name}": hit.labels.get(name, "") for name in labels}})
    return rows
