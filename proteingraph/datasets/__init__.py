"""Sets of structures: stores on disk, packed chains, CATH, SCOPe, folders, and shipped domains."""

from __future__ import annotations

from proteingraph.datasets.cath import CATH
from proteingraph.datasets.cath_scop_mini import CathScopMini, load_cath_scop_mini
from proteingraph.datasets.corpus import load_corpus, read_split
from proteingraph.datasets.cut import cut_domains
from proteingraph.datasets.folder import Failure, ProteinFolder, find_structure_files
from proteingraph.datasets.holdout import HOLDOUTS, split_holdouts
from proteingraph.datasets.pack import ChainPack
from proteingraph.datasets.pack_dataset import PackDataset
from proteingraph.datasets.protocol import Corpus
from proteingraph.datasets.scope import SCOPe
from proteingraph.datasets.store import ChainStore, StoreWriter, build_store, verify_store

__all__ = [
    "CATH",
    "HOLDOUTS",
    "CathScopMini",
    "ChainPack",
    "ChainStore",
    "Corpus",
    "Failure",
    "PackDataset",
    "ProteinFolder",
    "SCOPe",
    "StoreWriter",
    "build_store",
    "cut_domains",
    "find_structure_files",
    "load_cath_scop_mini",
    "load_corpus",
    "read_split",
    "split_holdouts",
    "verify_store",
]
