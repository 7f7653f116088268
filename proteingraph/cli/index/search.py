"""`proteingraph index search`: the entries of an index that are most like some structures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from proteingraph.cli.checks import check_sources
from proteingraph.cli.failures import show_reasons
from proteingraph.cli.listing import (
    check_one_format,
    print_csv,
    print_head,
    print_json,
    text_table,
    wide_console,
)
from proteingraph.errors import ConfigError

if TYPE_CHECKING:
    from rich.table import Table

    from proteingraph.search import Index, SearchResult

__all__ = ["search"]

SHOWN_LABELS = 3


def search(
    index: Annotated[Path, typer.Argument(help="Folder of the index.")],
    files: Annotated[
        list[str], typer.Argument(help="Structure files: PDB, mmCIF or BinaryCIF, also .gz.")
    ],
    number: Annotated[
        int, typer.Option("--number", "-k", help="Most hits of a query.", min=1)
    ] = 10,
    minimum: Annotated[
        float | None, typer.Option(help="Least similarity of a hit.", min=-1, max=1)
    ] = None,
    chains: Annotated[
        str | None, typer.Option(help="Chains to search with, as A,B (default: all).")
    ] = None,
    ranges: Annotated[
        str | None, typer.Option(help="Residues of one domain, as A:10-50,B:5A-90.")
    ] = None,
    tm_align: Annotated[
        int, typer.Option("--tm-align", help="Align so many hits, and order them by it.", min=0)
    ] = 0,
    label: Annotated[
        list[str] | None,
        typer.Option("--label", "-l", help="A label to show; may repeat (default: the first 3)."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("--model", "-m", help="Name or folder of the weights (default: index's own)."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, a line a hit.")] = False,
) -> None:
    """Find the entries of an index whose embeddings are nearest to those of structures.

    Each chain is a query, or with --ranges one domain of each file. Similarity is the cosine of
    embeddings. With --tm-align, hits come in the order of the mean of their two TM-scores. Files
    that cannot be read are listed at the end with their reasons, and the exit code is 1.
    """
    from rich.console import Console

    from proteingraph.search import Index

    check_one_format(as_json, as_csv)
    check_sources(files)
    opened = Index.open(index, model)
    shown = _labels(opened, label)
    results = opened.search(
        files,
        number,
        minimum=minimum,
        chains=chains.split(",") if chains else None,
        ranges=ranges,
        tm_align=tm_align,
    )
    about = _about(opened, number, minimum, tm_align)
    if as_json:
        print_json({**about, "results": [result.to_dict() for result in results]})
    elif as_csv:
        _print_csv(results, opened.record.labels)
    else:
        _print_tables(opened, results, about, shown)
    failed = [result.reason for result in results if result.reason is not None]
    show_reasons(Console(stderr=True, soft_wrap=True), "not searched with", failed)
    if failed:
        raise typer.Exit(1)


def _labels(index: Index, asked: list[str] | None) -> Sequence[str]:
    """Labels to show in a table."""
    known = index.record.labels
    for name in asked or ():
        if name not in known:
            raise ConfigError(
                f"{index.path}: no label {name!r}, only {', '.join(known) or 'names and lengths'}"
            )
    return asked or known[:SHOWN_LABELS]


def _about(index: Index, number: int, minimum: float | None, tm_align: int) -> dict[str, Any]:
    """What was done, for the head of the output."""
    record = index.record
    return {
        "model": record.model,
        "fingerprint": record.fingerprint,
        "database": str(index.path),
        "entries": record.entries,
        "metric": record.metric,
        "exact": index.exact,
        "number": number,
        "minimum": minimum,
        "tm_align": tm_align,
    }


def _print_csv(results: Sequence[SearchResult], labels: Sequence[str]) -> None:
    from proteingraph.search.results import COLUMNS, result_rows

    names = [*COLUMNS, *(f"label_{label}" for label in labels)]
    print_csv(names, result_rows(results, labels))


def _print_tables(
    index: Index, results: Sequence[SearchResult], about: dict[str, Any], labels: Sequence[str]
) -> None:
    """Print what was done, and a table for each query."""
    console = wide_console()
    least = "" if about["minimum"] is None else f" of at least {about['minimum']:g}"
    aligned = about["tm_align"]
    lines = [
        ("model", f"{about['model']} ({about['fingerprint'][:12]})"),
        ("database", f"{about['database']}, {about['entries']:,} entries"),
        ("metric", f"{about['metric']} of protein embeddings{least}"),
        ("search", "all entries compared" if index.exact else "likely entries compared (HNSW)"),
        ("hits", f"at most {about['number']:,} a query"),
    ]
    if aligned:
        lines.append(("aligned", f"the first {aligned:,} by TM-align, in that order"))
    print_head(console, lines)
    for result in results:
        if result.reason is None:
            console.print()
            console.print(f"{result.name}, {result.length:,} residues", markup=False, style="bold")
            if result.hits:
                console.print(_table(result, labels, bool(aligned)))
            else:
                console.print("nothing found")


def _table(result: SearchResult, labels: Sequence[str], aligned: bool) -> Table:
    from rich.text import Text

    scores = ("TM by query", "TM by hit") if aligned else ()
    names = ("", "name", "chain", "residues", "similarity", *scores, *labels)
    table = text_table({name: name in ("name", "chain", *labels) for name in names})
    for hit in result.hits:
        marks = (hit.tm_query, hit.tm_hit) if aligned else ()
        table.add_row(
            str(hit.rank),
            Text(hit.name),
            Text(hit.chains),
            f"{hit.length:,}",
            f"{hit.similarity:.3f}",
            *("" if mark is None else f"{mark:.3f}" for mark in marks),
            *(Text(hit.labels[label]) for label in labels),
        )
    return table
