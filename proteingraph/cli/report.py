"""`proteingraph report`: a structure looked at, in one page that opens offline."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from proteingraph.cli import options
from proteingraph.cli.checks import check_model, check_noise

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["report"]


def report(
    file: Annotated[
        Path, typer.Argument(help="Structure file: PDB, mmCIF or BinaryCIF, also .gz.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Page to write: .html.")],
    model: options.Model = "dsm_base",
    chains: Annotated[
        str | None, typer.Option(help="Chains to show, as A,B (default: all).")
    ] = None,
    complexes: Annotated[
        bool, typer.Option("--complex", help="Show the network all chains together.")
    ] = False,
    sigma: Annotated[
        float | None,
        typer.Option(help="Noise in Å that the network is told for the score (default: 0.5)."),
    ] = None,
    plddt: Annotated[
        bool, typer.Option("--plddt", help="The B-factor column holds pLDDT (predicted models).")
    ] = False,
    values: Annotated[
        list[Path] | None,
        typer.Option(
            help="Table with more values to colour by: .csv or .parquet with the columns chain, "
            "residue_number, insertion_code if there are any, and numbers; may be repeated."
        ),
    ] = None,
    tasks: Annotated[
        bool, typer.Option(help="Colour by predicted lDDT and by the probability of sites too.")
    ] = True,
    neighbors: Annotated[
        bool, typer.Option(help="Look for the nearest domains of CATH and SCOPe.")
    ] = True,
) -> None:
    """Show a structure in one page of HTML that opens offline.

    The structure in 3D, the map of its residue graph and its sequence, linked; coloured by
    predicted lDDT and site probability (see quality and sites), the norm of the estimated gradient,
    components of the embeddings, B-factors, or values of a table; the nearest shipped domains; and
    the record of the weights.

    The first report of a network embeds the 3,030 shipped domains, which takes a few minutes and is
    kept in the user's cache folder; --no-neighbors does without.
    """
    from proteingraph.errors import ConfigError

    if output.suffix.lower() not in (".html", ".htm"):
        raise ConfigError(f"{output}: the name must end in .html")
    if not output.resolve().parent.is_dir():
        raise ConfigError(f"{output}: the folder {output.parent} does not exist")
    check_noise("--sigma", sigma)
    check_model(model)

    from rich.console import Console

    from proteingraph.datasets import load_cath_scop_mini
    from proteingraph.io import read_structure
    from proteingraph.viz.report import (
        domain_embeddings,
        read_card,
        read_columns,
        task_columns,
        write_report,
    )
    from proteingraph.zoo import load_model

    console = Console(stderr=True, soft_wrap=True)
    structure = read_structure(file, chains=chains.split(",") if chains else None)
    network = load_model(model)
    columns = [column for table in values or [] for column in read_columns(table, structure)]
    if tasks:
        columns += task_columns(structure)
    domains = None
    if neighbors:
        shipped = load_cath_scop_mini()
        domains = shipped, domain_embeddings(network, shipped, progress=_shown(console))
    write_report(
        output,
        structure,
        network,
        columns=columns,
        sigma=sigma,
        together=complexes,
        plddt=plddt,
        domains=domains,
        model_name=Path(model).name,
        card=read_card(model),
    )
    size = output.stat().st_size / 1e6
    console.print(f"{len(structure)} residues, {size:.1f} MB: {output}", markup=False)


def _shown(console: Console) -> Callable[[Iterable[Any]], Iterable[Any]]:
    def progress(batches: Iterable[Any]) -> Iterable[Any]:
        from rich.progress import track

        return track(
            batches, "embedding the shipped domains, once for this network", console=console
        )

    return progress
