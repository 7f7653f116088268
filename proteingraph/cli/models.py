"""`proteingraph models`: the shipped weights, and what each of them is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from proteingraph.zoo import ModelRecord

__all__ = ["models"]

SHOWN_NOISE = (10.0, 1.0, 0.1)
MAIN_MEASURE = {"binary": "auprc", "multiclass": "macro_f1", "regression": "pearson"}


def models(
    name: Annotated[
        str | None,
        typer.Argument(help="Name, or a pattern such as 'dsm_*' (default: all are listed)."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole records.")] = False,
) -> None:
    """List the weights that come with the package, or show the card of one of them."""
    import json
    from dataclasses import asdict

    from rich.console import Console
    from rich.markdown import Markdown

    from proteingraph.zoo import list_models, model_card, model_record

    several = name is None or any(sign in name for sign in "*?[")
    if several:
        records = [model_record(found) for found in list_models(name)]
        if as_json:
            typer.echo(json.dumps([asdict(record) for record in records], indent=2))
        else:
            _list(records)
        return
    assert name is not None
    if as_json:
        typer.echo(json.dumps(asdict(model_record(name)), indent=2))
        return
    card, console = model_card(name), Console()
    if console.is_terminal:
        console.print(Markdown(card))
    else:
        typer.echo(card, nl=False)


def _list(records: list[ModelRecord]) -> None:
    """Print a line a set of weights, networks and tasks apart, as tables where they fit."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:  # else columns are cut to 80 characters in a pipe
        console.width = 200
    networks = [record for record in records if record.task is None]
    tasks = [record for record in records if record.task is not None]
    if networks or not tasks:
        caption = (
            "error: mean squared error of the unit noise, 1 for predicting nothing; nearest: "
            "held-out domains whose nearest is of their superfamily"
        )
        figures = ["parameters", "MB", *(f"error, {s:g} Å" for s in SHOWN_NOISE), "nearest"]
        console.print(_table(figures, ["objective"], map(_network, networks), caption))
    if tasks:
        caption = "measured: on what was held out, mean over runs and standard deviation"
        texts = ["predicts", "measured", "objective"]
        console.print(_table(["parameters", "MB"], texts, map(_task, tasks), caption))


def _table(
    figures: Iterable[str], texts: Iterable[str], rows: Iterable[Sequence[str]], caption: str
) -> Table:
    from rich.table import Table

    table = Table(caption=caption)
    table.add_column("name", no_wrap=True)
    for column in figures:
        table.add_column(column, justify="right")
    for column in texts:
        table.add_column(column)
    for row in rows:
        table.add_row(*row)
    return table


def _network(record: ModelRecord) -> list[str]:
    results = record.results
    errors = [results.error_at(sigma) for sigma in SHOWN_NOISE]
    nearest = f"{results.retrieval[0].top1:.1%}" if results.retrieval else ""
    figures = ["" if error is None else f"{error:.3f}" for error in errors]
    return [*_sizes(record), *figures, nearest, record.objective]


def _task(record: ModelRecord) -> list[str]:
    task = record.task
    assert task is not None
    predicts = f"{task.name} ({task.kind}) of each {task.level}"
    return [*_sizes(record), predicts, _measured(record), record.objective]


def _sizes(record: ModelRecord) -> list[str]:
    return [record.name, f"{record.parameters:,}", f"{record.size / 1e6:.2f}"]


def _measured(record: ModelRecord) -> str:
    """The figure that the field looks at first, or else the first, where it was measured first."""
    assert record.task is not None
    if not record.results.task:
        return ""
    row, name = record.results.task[0], MAIN_MEASURE[record.task.kind]
    name = name if name in row.measures else next(iter(row.measures))
    return f"{name} {row.measures[name]} ({row.on}, {row.track})"
