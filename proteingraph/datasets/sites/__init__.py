"""Labels of residues that bind another chain."""

from __future__ import annotations

from proteingraph.datasets.sites.interface import (
    INTERFACE_CUTOFFS,
    InterfaceLabels,
    interface_between,
    interface_labels,
)

__all__ = ["INTERFACE_CUTOFFS", "InterfaceLabels", "interface_between", "interface_labels"]
