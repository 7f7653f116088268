"""Assembly of the commands, and what they do with errors."""

from __future__ import annotations

import sys
from typing import NoReturn

import typer
from rich.console import Console

from proteingraph import __version__
from proteingraph.cli.data import data
from proteingraph.cli.demo import demo
from proteingraph.cli.denoise import denoise
from proteingraph.cli.doctor import doctor
from proteingraph.cli.embed import embed
from proteingraph.cli.finetune import finetune
from proteingraph.cli.index import index
from proteingraph.cli.models import models
from proteingraph.cli.pretrain import pretrain
from proteingraph.cli.quality import quality
from proteingraph.cli.report import report
from proteingraph.cli.sites import sites
from proteingraph.errors import ProteinGraphError
from proteingraph.files import UNWRITABLE

__all__ = ["app", "main"]

INTERRUPTED = 130

app = typer.Typer(
    name="proteingraph",
    help="Self-supervised pre-training on protein structures, and what its networks are good for.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    demo,
    pretrain,
    finetune,
    embed,
    quality,
    sites,
    denoise,
    report,
    models,
    doctor,
):
    app.command()(command)
for group in (data, index):
    app.add_typer(group)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"proteingraph {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version and leave."
    ),
) -> None:
    """Self-supervised pre-training on protein structures, and what its networks are good for."""


def main() -> None:
    """Run the command line; bad input ends it with one message and exit code 1."""
    console = Console(stderr=True, soft_wrap=True)
    try:
        app()
    except ProteinGraphError as error:
        _tell(console, str(error))
    except OSError as error:
        if error.errno not in UNWRITABLE:
            raise
        where = error.filename or "the output"
        _tell(console, f"{where}: cannot be written: {error.strerror}: make room, or name another")
    except (KeyboardInterrupt, SystemExit) as stop:
        # Typer turns an interruption into this exit code, without a word.
        if isinstance(stop, SystemExit) and stop.code != INTERRUPTED:
            raise
        console.print("stopped by the user", style="bold red")
        sys.exit(INTERRUPTED)


def _tell(console: Console, message: str) -> NoReturn:
    console.print("[bold red]error:[/]", end=" ")
    console.print(message, markup=False, highlight=False)
    sys.exit(1)
