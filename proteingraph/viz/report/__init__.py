"""Reports on structures as one page of HTML that opens offline."""

from __future__ import annotations

from proteingraph.viz.report.card import read_card
from proteingraph.viz.report.columns import ResidueColumn
from proteingraph.viz.report.domains import NearDomain, domain_embeddings, nearest_domains
from proteingraph.viz.report.report import write_report
from proteingraph.viz.report.tasks import quality_column, site_column, task_columns
from proteingraph.viz.report.values import read_columns

__all__ = [
    "NearDomain",
    "ResidueColumn",
    "domain_embeddings",
    "nearest_domains",
    "quality_column",
    "read_card",
    "read_columns",
    "site_column",
    "task_columns",
    "write_report",
]
