"""What `proteingraph quality` and `proteingraph sites` share: their options, and what they do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from functools import partial, wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar

import typer

from proteingraph.cli.checks import check_folder, check_sources
from proteingraph.cli.failures import show_reasons
from proteingraph.cli.listing import (
    check_one_format,
    print_csv,
    print_head,
    print_json,
    wide_console,
)
from proteingraph.cli.options import Progress, Threads
from proteingraph.cli.progress import progress_bar
from proteingraph.errors import ProteinGraphError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from rich.console import Console
    from rich.table import Table

    from proteingraph.assess import NamedTask, QualityPrediction, SitePrediction
    from proteingraph.io import Structure

__all__ = ["Command", "Model", "Options", "Record", "command"]

Model = Annotated[
    str, typer.Option("--model", "-m", help="Name of a task of the zoo, or folder of one.")
]
Record = dict[str, Any]
P = TypeVar("P", bound="QualityPrediction | SitePrediction")


@dataclass(frozen=True)
class Options:
    """Options that both commands have."""

    files: Annotated[
        list[str],
        typer.Argument(
            help="Structure files (PDB, mmCIF, BinaryCIF, also .gz), folders or patterns of them."
        ),
    ]
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Folder for copies, JSON and plots (default: none).",
        ),
    ] = None
    chains: Annotated[
        str | None, typer.Option(help="Chains to predict, as A,B (default: all).")
    ] = None
    plot: Annotated[bool, typer.Option(help="Draw a plot of each file into that folder.")] = True
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with all residues.")] = False
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False
    threads: Threads = None
    progress: Progress = True


@dataclass(frozen=True)
class Command(Generic[P]):
    """What a command does of its own.

    Attributes:
        mark: What goes into the names of outputs, as in ``model_1.lddt.pdb``.
        open: Loads the task.
        predict: Makes a prediction.
        draw: Draws it.
        order: Brings the records of all files into order.
        columns: Columns of CSV, by name.
        rows: Lines of CSV, of the records of all files.
        table: Lines above the table, as names and values, and the table, of the same.
        residues: Whether CSV is of residues.
    """

    mark: str
    open: Callable[[], NamedTask]
    predict: Callable[[Structure, NamedTask], P]
    draw: Callable[[P], Axes]
    order: Callable[[list[Record]], list[Record]]
    columns: Sequence[str]
    rows: Callable[[list[Record]], Iterable[Record]]
    table: Callable[[list[Record], NamedTask], tuple[list[tuple[str, str]], Table]]
    residues: bool


def command(make: Callable[..., Command[P]]) -> Callable[..., None]:
    """Turn a function, which tells what a command does of its own, into the command.

    Its parameters are those of the function, whose values are given by name, and `Options`.
    """

    @wraps(make)
    def work(**values: Any) -> None:
        shared = {field.name: values.pop(field.name) for field in fields(Options)}
        _run(make(**values), Options(**shared))

    parameters = [
        parameter.replace(kind=Parameter.KEYWORD_ONLY)
        for function in (make, Options)
        for parameter in signature(function, eval_str=True).parameters.values()
    ]
    work.__annotations__ = {one.name: one.annotation for one in parameters}
    work.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    return work


def _run(command: Command[P], options: Options) -> None:
    """Predict for files, write what is to be written, and print records or a table.

    Raises:
        ConfigError: If options do not go together, the task is of the wrong kind, or outputs cannot
            be written.
        DatasetError: If a folder or pattern holds no structure file.
        WeightsError: If there is no such task.
        Exit: With code 1, if files could not be read.
    """
    check_one_format(options.as_json, options.as_csv)
    if options.output is not None:
        check_folder(options.output)

    check_sources(options.files)
    places = _places(command, options)

    import torch
    from rich.console import Console

    if options.threads is not None:
        torch.set_num_threads(options.threads)
    named = command.open()
    console = Console(stderr=True, soft_wrap=True)
    found, failed = _predict(command, options, places, named, console)
    found = command.order(found)
    if options.as_json:
        about = {"model": named.name, "fingerprint": named.fingerprint}
        print_json({**about, "results": found, "failed": failed})
    elif options.as_csv:
        print_csv(command.columns, command.rows(found))
    elif found:
        lines, table = command.table(found, named)
        shown = wide_console()
        print_head(shown, [("model", f"{named.name} ({named.fingerprint[:12]})"), *lines])
        shown.print(table)
    show_reasons(console, "not predicted", ("{file}\n  {reason}".format(**one) for one in failed))
    if failed:
        raise typer.Exit(1)


def _places(command: Command[P], options: Options) -> list[tuple[Path, Path | None]]:
    """Files to read, and where what comes of each is to be written, if anything is."""
    from proteingraph.cli.outputs import output_stems, structure_files

    files = structure_files(options.files, options.output)
    if options.output is None:
        return [(file, None) for file in files]
    return list(zip(files, output_stems(files, options.output, command.mark), strict=True))


def _predict(
    command: Command[P],
    options: Options,
    places: list[tuple[Path, Path | None]],
    named: NamedTask,
    console: Console,
) -> tuple[list[Record], list[dict[str, str]]]:
    """Records of the good files, as in the JSON of each; and file and reason of the others."""
    from proteingraph.cli.outputs import write_outputs
    from proteingraph.io import read_structure

    chains = options.chains.split(",") if options.chains else None
    # Of thousands of files, residues are kept only if they are to be printed.
    whole = options.as_json or (options.as_csv and command.residues)
    found, failed = [], []
    with progress_bar(console, "predicting", options.progress) as report:
        for done, (file, stem) in enumerate(places, start=1):
            try:
                prediction = command.predict(read_structure(file, chains=chains), named)
                record = {"file": str(file), **prediction.to_dict()}
                if stem is not None:
                    draw = partial(command.draw, prediction) if options.plot else None
                    write_outputs(stem, file, prediction, record, draw)
                found.append(record if whole else {**record, "residues": None})
            except ProteinGraphError as error:
                failed.append({"file": str(file), "reason": str(error)})
            if report is not None:
                report(done, len(places))
    return found, failed
