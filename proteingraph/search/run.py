"""A search of an index: structures in, hits out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from proteingraph.errors import ConfigError
from proteingraph.search.align import Align, aligner
from proteingraph.search.network import embed_in_batches
from proteingraph.search.queries import Query, Source, read_queries
from proteingraph.search.results import Hit, SearchResult

if TYPE_CHECKING:
    from proteingraph.search.index import Index

__all__ = ["search_index"]


def search_index(
    index: Index,
    sources: Sequence[Source],
    k: int,
    *,
    minimum: float | None,
    chains: Sequence[str] | None,
    ranges: str | None,
    tm_align: int,
) -> list[SearchResult]:
    """Search an index; see `Index.search`."""
    if k < 1:
        raise ConfigError(f"the number of hits must be at least 1, got {k}")
    if tm_align < 0:
        raise ConfigError(f"the number of hits to align must not be negative, got {tm_align}")
    if minimum is not None and not -1 <= minimum <= 1:
        raise ConfigError(f"the least similarity must be from -1 to 1, got {minimum:g}")
    align = aligner() if tm_align else None
    queries = list(
        read_queries(sources, chains=chains, ranges=ranges, complexes=index.record.complexes)
    )
    hits = _find(index, queries, max(k, tm_align), minimum)
    results = []
    for number, query in enumerate(queries):
        if query.graph is None:
            results.append(SearchResult(query.source, reason=query.reason))
            continue
        name, length = query.graph.name, int(query.graph.num_nodes)
        found = hits.get(number)
        if found is None:
            reason = f"{query.source}: the embedding of {name} is zero or not finite"
            results.append(SearchResult(query.source, name, length, reason=reason))
            continue
        if align is not None:
            found = _rerank(index, query, found, tm_align, align)
        results.append(SearchResult(query.source, name, length, tuple(found[:k])))
    return results


def _find(
    index: Index, queries: Sequence[Query], k: int, minimum: float | None
) -> dict[int, list[Hit]]:
    """Hits of each query that has an embedding, by its number."""
    import numpy as np

    graphs = {n: query.graph for n, query in enumerate(queries) if query.graph is not None}
    numbers = iter(graphs)
    hits = {}
    for batch, vectors in embed_in_batches(index.model, graphs.values()):
        good = ~np.isnan(vectors[:, 0])  # where one number is NaN, all are
        entries, similarities = index.nearest(vectors[good], k)
        rows = iter(zip(entries, similarities, strict=True))
        for number, known in zip([next(numbers) for _ in batch], good, strict=True):
            if known:
                entry, similarity = next(rows)
                kept = slice(None) if minimum is None else similarity >= minimum
                hits[number] = index.hits(entry[kept], similarity[kept])
    return hits


def _rerank(index: Index, query: Query, hits: list[Hit], first: int, align: Align) -> list[Hit]:
    """Align the first hits, and bring them into the order of their mean TM-score."""
    assert query.graph is not None
    trace = query.graph.pos.double().numpy()
    aligned = []
    for hit in hits[:first]:
        by_query, by_hit = align(trace, index.trace(hit.entry))
        aligned.append(replace(hit, tm_query=by_query, tm_hit=by_hit))
    aligned.sort(key=lambda hit: -((hit.tm_query or 0.0) + (hit.tm_hit or 0.0)))
    return [replace(hit, rank=rank) for rank, hit in enumerate(aligned + hits[first:], start=1)]
