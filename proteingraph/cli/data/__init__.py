"""`proteingraph data`: stores of structures on disk."""

from __future__ import annotations

import typer

from proteingraph.cli.data.build import build
from proteingraph.cli.data.export import export
from proteingraph.cli.data.info import info
from proteingraph.cli.data.verify import verify

__all__ = ["data"]

data = typer.Typer(
    name="data",
    help="Stores: any number of structures on disk, to train on without reading them anew.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for command in (build, info, verify, export):
    data.command()(command)
