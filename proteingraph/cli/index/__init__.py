"""`proteingraph index`: structures found by their embeddings."""

from __future__ import annotations

import typer

from proteingraph.cli.index.build import build
from proteingraph.cli.index.info import info
from proteingraph.cli.index.search import search

__all__ = ["index"]

index = typer.Typer(
    name="index",
    help="Structure search: an index of embeddings, and the nearest in it of any structure.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for command in (build, search, info):
    index.command()(command)
