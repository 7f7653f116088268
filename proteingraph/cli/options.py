"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "Labels",
    "Mirror",
    "Model",
    "Progress",
    "Resume",
    "Settings",
    "ShowConfig",
    "Sources",
    "Threads",
]

Model = Annotated[
    str, typer.Option("--model", "-m", help="Name of a model of the zoo, or folder of weights.")
]
Threads = Annotated[
    int | None, typer.Option(help="Threads to compute with (default: all cores).", min=1)
]
Progress = Annotated[bool, typer.Option(help="Show a progress bar.")]

Sources = Annotated[
    list[str],
    typer.Argument(
        help="Structure files, folders or patterns of them, tar archives, packed .npz, stores, "
        "ProMod3 or Foldcomp databases, lists of PDB entries (.txt), or cath-scop-mini."
    ),
]
Labels = Annotated[
    Path | None,
    typer.Option(
        help="Table whose first column names entries and whose others label them: "
        "tabs, .csv or .parquet."
    ),
]
Mirror = Annotated[
    Path | None,
    typer.Option(help="Folder of a PDB mirror (ab/1abc.cif.gz) for lists of entries."),
]

Settings = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", help="A setting of the YAML file, as PART.NAME=VALUE; may repeat."),
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on where the run in the output folder stopped.")
]
ShowConfig = Annotated[
    bool, typer.Option("--show-config", help="Print all settings as YAML and leave.")
]
