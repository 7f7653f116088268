"""Structure search: an index of embeddings on disk, and what is found in it."""

from __future__ import annotations

from proteingraph.search.index import Index
from proteingraph.search.results import Hit, SearchResult

__all__ = ["Hit", "Index", "SearchResult"]
