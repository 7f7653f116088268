"""SCOPe: its release files, and the data set made of them."""

from __future__ import annotations

from proteingraph.datasets.scope.astral import (
    AstralSequence,
    classification_sid,
    read_astral_sequences,
    read_subset,
)
from proteingraph.datasets.scope.classification import (
    ScopeDomain,
    parse_region,
    read_classification,
)
from proteingraph.datasets.scope.dataset import SCOPe
from proteingraph.datasets.scope.structures import cut_domain
from proteingraph.datasets.scope.tree import (
    NodeLinks,
    ScopeNode,
    read_descriptions,
    read_hierarchy,
)

__all__ = [
    "AstralSequence",
    "NodeLinks",
    "SCOPe",
    "ScopeDomain",
    "ScopeNode",
    "classification_sid",
    "cut_domain",
    "parse_region",
    "read_astral_sequences",
    "read_classification",
    "read_descriptions",
    "read_hierarchy",
    "read_subset",
]
