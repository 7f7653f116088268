"""`proteingraph embed`: embeddings of anyone's structures."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from proteingraph.cli import options
from proteingraph.cli.checks import check_model, check_noise, check_sources
from proteingraph.cli.engines import Address, Engine, EngineName, Workers, open_engine
from proteingraph.cli.failures import show_reasons
from proteingraph.cli.progress import progress_bar
from proteingraph.cli.stopped import resumable

__all__ = ["embed"]


class Level(str, Enum):
    """What there is a vector of."""

    protein = "protein"
    residue = "residue"
    pair = "pair"


def embed(
    sources: Annotated[
        list[str],
        typer.Argument(
            help="Structure files (PDB, mmCIF, BinaryCIF, also .gz), folders or patterns of them, "
            "tar archives, stores, packed .npz, or cath-scop-mini."
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="File to write: .parquet, .npz or .safetensors.")
    ],
    model: options.Model = "dsm_base",
    level: Annotated[
        list[Level], typer.Option("--level", "-l", help="What to write; may be repeated.")
    ] = [Level.protein, Level.residue],  # noqa: B006
    chains: Annotated[
        str | None, typer.Option(help="Chains to embed, as A,B (default: all).")
    ] = None,
    ranges: Annotated[
        str | None,
        typer.Option(help="Residues to embed as one domain, as A:10-50,B:5A-90 (default: all)."),
    ] = None,
    complexes: Annotated[
        bool, typer.Option("--complex", help="Embed the chains of a file together.")
    ] = False,
    sigma: Annotated[
        float | None, typer.Option(help="Noise in Å that the network is told (default: model's).")
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="Processes.", min=1)] = 1,
    engine: Engine = EngineName.local,
    workers: Workers = None,
    address: Address = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where the same command was stopped.")
    ] = False,
    progress: options.Progress = True,
) -> None:
    """Embed structures: vectors of proteins, of residues, of pairs of residues.

    Each chain on its own; with --complex all chains of a file together, with --ranges one domain of
    each file. Files that cannot be read are listed at the end with their reasons, and the exit code
    is 1; all others are written. A run that was stopped or killed goes on with --resume, and ends
    in the same bytes: until then, what it got done is in OUTPUT.parts.
    """
    import shutil

    from rich.console import Console

    from proteingraph import __version__
    from proteingraph.embedding import embed_files, write_embeddings
    from proteingraph.embedding.tables import check_output
    from proteingraph.files import clear_partials

    check_output(output)
    check_noise("--sigma", sigma)
    check_model(model)
    check_sources(sources)
    elsewhere = open_engine(engine, workers, address, jobs)
    console = Console(stderr=True, soft_wrap=True)
    parts = output.with_name(f"{output.name}.parts")
    with resumable(console), progress_bar(console, "embedding", progress) as report:
        results = embed_files(
            model,
            sources,
            chains=chains.split(",") if chains else None,
            ranges=ranges,
            complexes=complexes,
            sigma=sigma,
            pairs=Level.pair in level,
            jobs=jobs,
            engine=elsewhere,
            parts=parts,
            resume=resume,
            report=report,
        )
        count, failed = write_embeddings(
            output,
            results,
            levels=[one.value for one in level],
            metadata={"proteingraph": __version__, "model": model},
        )
    shutil.rmtree(parts, ignore_errors=True)
    if resume:
        clear_partials(output.parent, output.name)
    done = f"{count:,} chains written to {output}"
    console.print(done if count else f"nothing to write: {output} is left as it was", markup=False)
    show_reasons(console, "not embedded", (f"{r.path}\n  {r.reason}" for r in failed))
    if failed:
        raise typer.Exit(1)
