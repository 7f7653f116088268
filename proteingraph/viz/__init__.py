"""Figures of training runs, networks, residue graphs and embeddings."""

from __future__ import annotations

from proteingraph.viz.contact_map import plot_contact_map
from proteingraph.viz.embedding_map import plot_embedding_map
from proteingraph.viz.noise_curves import plot_noise_curves
from proteingraph.viz.residue_graph import plot_residue_graph
from proteingraph.viz.residue_profile import plot_residue_profile
from proteingraph.viz.training_curve import plot_training_curve, read_curve

# Reports are `proteingraph.viz.report.write_report`.
__all__ = [
    "plot_contact_map",
    "plot_embedding_map",
    "plot_noise_curves",
    "plot_residue_graph",
    "plot_residue_profile",
    "plot_training_curve",
    "read_curve",
]
