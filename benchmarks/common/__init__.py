"""What the benchmarks on CATH and SCOPe share: domains, networks, embeddings, records."""

from __future__ import annotations

from benchmarks.common.arguments import make_parser
from benchmarks.common.baselines import composition, log_length
from benchmarks.common.domains import load_domains, spread
from benchmarks.common.embedding import READOUTS, Readout, embed_pack, neighbor_scores
from benchmarks.common.networks import Network, load_networks
from benchmarks.common.record import Run, print_table

__all__ = [
    "READOUTS",
    "Network",
    "Readout",
    "Run",
    "composition",
    "embed_pack",
    "load_domains",
    "load_networks",
    "log_length",
    "make_parser",
    "neighbor_scores",
    "print_table",
    "spread",
]
