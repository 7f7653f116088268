"""`proteingraph models`: the shipped weights, and what each of them is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from proteingraph.zoo import ModelRecord

__all__ = ["models"]

SHOWN_NOISE = (10.0, 1.0, 0.1)


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
    """Print a line a set of weights, as a table where it fits."""
    from rich.console import Console
    from rich.table import Table

    caption = (
        "error: mean squared error of the unit noise, 1 for predicting nothing; nearest: held-out "
        "domains whose nearest is of their superfamily"
    )
    table = Table(caption=caption)
    table.add_column("name", no_wrap=True)
    for column in ("parameters", "MB", *(f"error, {s:g} Å" for s in SHOWN_NOISE), "nearest"):
        table.add_column(column, justify="right")
    table.add_column("objective")
    for record in records:
        table.add_row(*_row(record))
    console = Console()
    if not console.is_terminal:  # else columns are cut to 80 characters in a pipe
        console.width = 200
    console.print(table)


def _row(record: ModelRecord) -> list[Any]:
    results = record.results
    errors = [results.error_at(sigma) for sigma in SHOWN_NOISE]
    nearest = f"{results.retrieval[0].top1:.1%}" if results.retrieval else ""
    return [
        record.name,
        f"{record.parameters:,}",
        f"{record.size / 1e6:.2f}",
        *("" if error is None else f"{error:.3f}" for error in errors),
        nearest,
        record.objective,
    ]
