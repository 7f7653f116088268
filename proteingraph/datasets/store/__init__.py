"""Stores: chains in memory-mapped files on disk, with a table of what is in them."""

from __future__ import annotations

from proteingraph.datasets.store.build import build_store
from proteingraph.datasets.store.export import export_entries
from proteingraph.datasets.store.layout import is_store
from proteingraph.datasets.store.reader import ChainStore
from proteingraph.datasets.store.verify import verify_store
from proteingraph.datasets.store.writer import StoreWriter

__all__ = [
    "ChainStore",
    "StoreWriter",
    "build_store",
    "export_entries",
    "is_store",
    "verify_store",
]
