"""CATH: parsers of its release files, and its domains as a data set."""

from __future__ import annotations

from proteingraph.datasets.cath.boundaries import ChainDomains, domain_ranges, read_boundaries
from proteingraph.datasets.cath.choppings import DailyDomain, read_daily, read_seqres_chopping
from proteingraph.datasets.cath.dataset import CATH
from proteingraph.datasets.cath.domain_list import (
    CathDomain,
    cluster_heads,
    read_domain_list,
    read_name_list,
)
from proteingraph.datasets.cath.names import CathNode, read_names
from proteingraph.datasets.cath.splits import read_chain_splits

__all__ = [
    "CATH",
    "CathDomain",
    "CathNode",
    "ChainDomains",
    "DailyDomain",
    "cluster_heads",
    "domain_ranges",
    "read_boundaries",
    "read_chain_splits",
    "read_daily",
    "read_domain_list",
    "read_name_list",
    "read_names",
    "read_seqres_chopping",
]
