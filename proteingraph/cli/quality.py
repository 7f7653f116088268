"""`proteingraph quality`: how good structure models are, residue by residue and as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from proteingraph.cli import predictions
from proteingraph.cli.listing import text_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from rich.table import Table

    from proteingraph.assess import NamedTask, QualityPrediction

__all__ = ["quality"]

SHORT = 30  # residues of a chain, below which there is hardly a fold to judge
COLUMNS = ("rank", "file", "chains", "residues", "score", "level", "low", "high", "lowest")
"""Columns of the ranking as CSV."""


@predictions.command
def quality(model: predictions.Model = "quality_base") -> predictions.Command[Any]:
    """Predict the lDDT of each residue of structure models, and rank them by its mean.

    lDDT-CA is how well the distances to the residues around are kept, from 0 to 1. The score of a
    model is the mean over its residues with CA; the interval is where the true mean of a chain lies
    in so many cases of a hundred. Each chain is judged on its own: how chains are packed against
    each other is not.

    In the output folder are, of each file: a copy (.lddt.pdb or .lddt.cif; protein, heavy atoms)
    with 100 x lDDT in the B-factor column, as viewers expect it of predicted models; .lddt.json,
    with values from 0 to 1; and .lddt.png. Residues without CA get no value: 0 in the copy, left
    out in the JSON.

    Files that cannot be read are listed at the end with their reasons, and the exit code is 1.
    """
    from proteingraph.assess.quality import open_quality, predict_quality

    return predictions.Command(
        mark="lddt",
        open=lambda: open_quality(model),
        predict=predict_quality,
        draw=_draw,
        order=_ranked,
        columns=COLUMNS,
        rows=_rows,
        table=_ranking,
        residues=False,
    )


def _ranked(models: list[predictions.Record]) -> list[predictions.Record]:
    """The best first."""
    ranked = sorted(models, key=lambda model: -model["score"])
    return [{"rank": rank, **model} for rank, model in enumerate(ranked, start=1)]


def _draw(prediction: QualityPrediction) -> Axes:
    from proteingraph.viz import plot_residue_profile

    interval = prediction.interval
    return plot_residue_profile(
        prediction.structure,
        prediction.values,
        title=f"{prediction.structure.name}: {prediction.score:.3f}",
        label="predicted lDDT",
        limits=(0, 1),
        band=prediction.bounds,
        band_label="" if interval is None else f"{interval.level:.0%} interval of the mean",
    )


def _rows(models: list[predictions.Record]) -> Iterable[predictions.Record]:
    """Lines of the ranking."""
    for model in models:
        interval = model["interval"] or {}
        yield {
            "rank": model["rank"],
            "file": model["file"],
            "chains": ",".join(chain["chain"] for chain in model["chains"]),
            "residues": sum(chain["residues"] for chain in model["chains"]),
            "score": model["score"],
            **{name: interval.get(name) for name in ("level", "low", "high")},
            "lowest": model["lowest"]["residues"],
        }


def _ranking(
    models: list[predictions.Record], named: NamedTask
) -> tuple[list[tuple[str, str]], Table]:
    from rich.text import Text

    rows = list(_rows(models))
    interval = named.task.interval
    within = "" if interval is None else f", and its {interval.level:.0%} interval of a chain"
    what = f"mean predicted {named.task.target.name} of the residues with CA{within}"
    lines = [("score", what)]
    sizes = {row["residues"] for row in rows}
    if len(sizes) > 1:
        text = f"{min(sizes):,} to {max(sizes):,} residues: a score says nothing of missing ones"
        lines.append(("note", text))
    shortest = min(chain["residues"] for model in models for chain in model["chains"])
    if shortest < SHORT:
        lines.append(("note", f"a score says little of a chain as short as {shortest} residues"))
    names = ("", "file", "chains", "residues", "score", "interval", "lowest stretch")
    table = text_table({name: name in ("file", "chains") for name in names})
    for row, model in zip(rows, models, strict=True):
        lowest = model["lowest"]
        table.add_row(
            str(row["rank"]),
            Text(row["file"]),
            Text(row["chains"]),
            f"{row['residues']:,}",
            f"{row['score']:.3f}",
            "" if row["low"] is None else f"{row['low']:.3f}-{row['high']:.3f}",
            Text(f"{lowest['residues']} {lowest['score']:.3f}"),
        )
    return lines, table
