"""`proteingraph sites`: where on a protein others bind, residue by residue."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from proteingraph.cli import predictions
from proteingraph.cli.listing import text_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from rich.table import Table

    from proteingraph.assess import NamedTask, SitePrediction

__all__ = ["sites"]

COLUMNS = (
    "file",
    "chain",
    "residue_number",
    "insertion_code",
    "residue_name",
    "probability",
    "called",
)
"""Columns of residues as CSV."""


@predictions.command
def sites(
    model: predictions.Model = "sites_base",
    threshold: Annotated[
        float | None,
        typer.Option(
            help="Probability from which on a residue is called (default: the task's own).",
            min=0,
            max=1,
        ),
    ] = None,
) -> predictions.Command[Any]:
    """Predict the probability of each residue to be where another protein binds.

    Each chain is shown to the network on its own: the residues that a partner bound in the file
    covers would give the site away, and of a chain without one nothing would be known.

    In the output folder are, of each file: a copy (.sites.pdb or .sites.cif; protein, heavy atoms)
    with the probability in percent, from 0 to 100, in the B-factor column; .sites.json, with
    probabilities from 0 to 1, the threshold, and which residues are called; and .sites.png.
    Residues without CA get no value: 0 in the copy, left out in the JSON.

    The table has how many residues are called, and how many are expected: the sum of the
    probabilities. Where many more are called, as of short chains, go by the probabilities.

    Files that cannot be read are listed at the end with their reasons, and the exit code is 1.
    """
    from proteingraph.assess.sites import open_sites, predict_sites

    return predictions.Command(
        mark="sites",
        open=lambda: open_sites(model),
        predict=lambda structure, named: predict_sites(structure, named, threshold),
        draw=_draw,
        order=list,
        columns=COLUMNS,
        rows=_rows,
        table=_called,
        residues=True,
    )


def _draw(prediction: SitePrediction) -> Axes:
    from proteingraph.viz import plot_residue_profile

    return plot_residue_profile(
        prediction.structure,
        prediction.values,
        title=prediction.structure.name,
        label="probability of a site",
        limits=(0, 1),
        threshold=prediction.threshold,
    )


def _rows(found: list[predictions.Record]) -> Iterable[predictions.Record]:
    """Lines of residues."""
    for record in found:
        for residue in record["residues"]:
            yield {"file": record["file"], **residue}


def _called(
    found: list[predictions.Record], named: NamedTask
) -> tuple[list[tuple[str, str]], Table]:
    from rich.text import Text

    threshold = f"probability of at least {found[0]['threshold']:.3g}, each chain on its own"
    counts = {"residues": False, "expected": False, "called": False}
    table = text_table({"file": True, "chain": True, **counts, "which": True})
    for record in found:
        for chain in record["chains"]:
            table.add_row(
                Text(record["file"]),
                Text(chain["chain"]),
                f"{chain['residues']:,}",
                f"{chain['expected']:,.0f}",
                f"{chain['called']:,}",
                Text(",".join(chain["ranges"])),
            )
    return [("called", threshold)], table
