"""Values that the trained tasks of the zoo predict of residues, to colour by."""

from __future__ import annotations

from proteingraph.assess import predict_quality, predict_sites
from proteingraph.assess.task import TaskSource
from proteingraph.io import Structure
from proteingraph.viz.report.columns import ResidueColumn
from proteingraph.zoo import resolve_name

__all__ = ["quality_column", "site_column", "task_columns"]


def quality_column(structure: Structure, task: TaskSource = "quality_base") -> ResidueColumn:
    """Return the predicted lDDT of each residue; see `predict_quality`."""
    prediction = predict_quality(structure, task)
    bounds, interval = prediction.bounds, prediction.interval
    within = ""
    if bounds is not None and interval is not None:
        within = f" ({interval.level:.0%} interval {bounds[0]:.2f} to {bounds[1]:.2f})"
    about = (
        f"lDDT to the true structure as {prediction.model} predicts it, each chain on its own; "
        f"mean {prediction.score:.2f}{within}"
    )
    return ResidueColumn("predicted lDDT", prediction.values, about=about, limits=(0, 1))


def site_column(structure: Structure, task: TaskSource = "sites_base") -> ResidueColumn:
    """Return the probability of each residue to bind another protein; see `predict_sites`."""
    prediction = predict_sites(structure, task)
    about = (
        f"Probability to be where another protein binds, as {prediction.model} predicts it, each "
        f"chain on its own; called from {prediction.threshold:.3g} on"
    )
    return ResidueColumn("site probability", prediction.values, about=about, limits=(0, 1))


SHIPPED = {"quality_base": quality_column, "sites_base": site_column}
"""Names of tasks of the zoo, and what makes columns of them."""


def task_columns(structure: Structure) -> list[ResidueColumn]:
    """Return what the shipped tasks predict of a structure; nothing of those that are not there.

    Args:
        structure: Structure.

    Raises:
        StructureError: If no residue has a CA atom.
        WeightsError: If weights are damaged.
    """
    there = {name: make for name, make in SHIPPED.items() if resolve_name(name) is not None}
    return [make(structure, name) for name, make in there.items()]
