"""`proteingraph denoise`: the estimated gradient of a structure, and where it leads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from proteingraph.cli import options
from proteingraph.cli.checks import check_noise

if TYPE_CHECKING:
    from proteingraph.pretrain.denoised import DenoisedStructure

__all__ = ["denoise"]

STRUCTURES = (".pdb", ".cif", ".pdb.gz", ".cif.gz")
TABLES = (".parquet", ".csv", ".npz")


def denoise(
    file: Annotated[
        Path, typer.Argument(help="Structure file: PDB, mmCIF or BinaryCIF, also .gz.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Denoised structure to write: .pdb or .cif.")
    ],
    model: options.Model = "dsm_base",
    sigma: Annotated[
        float | None,
        typer.Option(help="Noise in Å that the network is told (default: as perturbed, or 0.5)."),
    ] = None,
    perturb: Annotated[
        float | None, typer.Option(help="Noise in Å to add first, to see how much is undone.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of all noise.", min=0, max=2**32 - 1)] = 0,
    langevin: Annotated[
        bool, typer.Option("--langevin", help="Move by Langevin dynamics instead of in one step.")
    ] = False,
    levels: Annotated[int, typer.Option(help="Noise levels of the Langevin dynamics.", min=1)] = 10,
    steps: Annotated[int, typer.Option(help="Langevin steps at each level.", min=1)] = 5,
    scores: Annotated[
        Path | None,
        typer.Option(
            help="Table of the gradient per residue to write: .parquet, .csv or .npz "
            "(default: beside the output, ending in .gradient.csv)."
        ),
    ] = None,
    chains: Annotated[
        str | None, typer.Option(help="Chains to denoise, as A,B (default: all).")
    ] = None,
    complexes: Annotated[
        bool, typer.Option("--complex", help="Show the network all chains together.")
    ] = False,
) -> None:
    """Denoise a structure: estimate the gradient towards native ones, and follow it.

    CA atoms move by the estimated shift (noise² x gradient), the other atoms of a residue rigidly
    along. The B-factor column of the output holds the norm of the gradient in 1/Å.

    One step gives the mean of what the native structure may be: the nearest guess. Langevin
    dynamics draws one structure that may be native, and so wanders off further.

    The table has a row for each residue with CA: chain, residue_number, insertion_code,
    residue_name, x, y, z (Å), gradient_x, gradient_y, gradient_z and norm (1/Å).
    """
    _check_path(output, STRUCTURES, file)
    scores = _beside(output) if scores is None else scores
    _check_path(scores, TABLES, file)
    check_noise("--sigma", sigma)
    check_noise("--perturb", perturb)

    from rich.console import Console

    from proteingraph.io import read_structure, write_structure
    from proteingraph.pretrain.denoised import denoise_structure
    from proteingraph.zoo import load_model

    structure = read_structure(file, chains=chains.split(",") if chains else None)
    network = load_model(model)
    result = denoise_structure(
        network,
        structure,
        sigma=sigma,
        perturb=perturb,
        seed=seed,
        langevin=langevin,
        levels=levels,
        steps_per_level=steps,
        together=complexes,
    )
    write_structure(result.structure, output, values=result.norm_of_rows)
    _write_table(scores, _columns(result))

    console = Console(stderr=True, soft_wrap=True)
    schedule = network.schedule
    if not schedule.smallest <= result.sigma <= schedule.largest:
        console.print(
            f"note: the network was trained on noise from {schedule.smallest:g} to "
            f"{schedule.largest:g} Å, and is told {result.sigma:g} Å"
        )
    shift = float(((result.denoised - result.start) ** 2).sum(-1).mean() ** 0.5)
    console.print(
        f"{len(result.rows)} residues, told noise of {result.sigma:g} Å: gradient "
        f"{float(result.norm.mean()):.3g} 1/Å on average, CA moved by {shift:.3g} Å (r.m.s.)"
    )
    for path in (output, scores):
        console.print(f"written: {path}", markup=False, highlight=False)
    if perturb is not None:
        _show_comparison(result, f"noise of {perturb:g} Å added to {file.name}")


def _beside(output: Path) -> Path:
    """Name of the table that goes with a structure: out.cif.gz, out.gradient.csv."""
    ending = next(ending for ending in STRUCTURES[::-1] if output.name.lower().endswith(ending))
    return output.with_name(output.name[: -len(ending)] + ".gradient.csv")


def _check_path(path: Path, endings: tuple[str, ...], source: Path) -> None:
    from proteingraph.errors import ConfigError

    if not path.name.lower().endswith(endings):
        raise ConfigError(f"{path}: the name must end in {', '.join(endings)}")
    if not path.resolve().parent.is_dir():
        raise ConfigError(f"{path}: the folder {path.parent} does not exist")
    if path.resolve() == source.resolve():
        raise ConfigError(f"{path}: this is the structure to be read; write to another name")


def _columns(result: DenoisedStructure) -> dict[str, Any]:
    """Columns of the table, by name."""
    names = ("chain", "residue_number", "insertion_code", "residue_name")
    columns = {name: getattr(result.structure, name)[result.rows] for name in names}
    columns |= {axis: result.start[:, place] for place, axis in enumerate("xyz")}
    columns |= {f"gradient_{axis}": result.gradient[:, place] for place, axis in enumerate("xyz")}
    return {**columns, "norm": result.norm}


def _write_table(path: Path, columns: dict[str, Any]) -> None:
    """Write columns to a temporary name, which is renamed at the end."""
    import numpy as np
    import pandas as pd

    from proteingraph.errors import ConfigError
    from proteingraph.files import replacing

    ending = path.suffix.lower()
    try:
        with replacing(path) as partial:
            if ending == ".npz":
                with open(partial, "wb") as file:
                    np.savez_compressed(file, **columns)
            elif ending == ".csv":
                pd.DataFrame(columns).to_csv(partial, index=False, float_format="%.6g")
            else:
                pd.DataFrame(columns).to_parquet(partial, index=False)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from error


def _show_comparison(result: DenoisedStructure, title: str) -> None:
    """Print RMSD and lDDT of each graph, perturbed and denoised."""
    from rich.console import Console
    from rich.table import Table

    rmsd, lddt = result.compare()
    table = Table(title=title)
    table.add_column("chain")
    for name in ("residues", "RMSD perturbed (Å)", "denoised", "lDDT perturbed", "denoised"):
        table.add_column(name, justify="right")
    chain = result.structure.chain[result.rows]
    for graph in range(rmsd.shape[1]):
        inside = result.graph == graph
        table.add_row(
            ",".join(dict.fromkeys(chain[inside].tolist())),
            str(int(inside.sum())),
            *(f"{values[stage, graph]:.3f}" for values in (rmsd, lddt) for stage in (0, 1)),
        )
    Console().print(table)
