"""Values of residues out of a table that names them by chain and number."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from proteingraph.errors import ConfigError
from proteingraph.io import Structure
from proteingraph.viz.report.columns import ResidueColumn

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read_columns"]

KEYS = ["chain", "residue_number", "insertion_code"]


def read_columns(path: str | PathLike[str], structure: Structure) -> list[ResidueColumn]:
    """Read the numeric columns of a table, for the residues of a structure.

    Args:
        path: ``.csv`` or ``.parquet`` with the columns ``chain``, ``residue_number`` and, where
            there are any, ``insertion_code``, such as `proteingraph denoise` writes it.
        structure: Structure; residues that the table does not have get no value.

    Raises:
        ConfigError: If the table cannot be read, lacks a column, names a residue twice, or has
            none of the structure's residues.
    """
    path = Path(path)
    table = _read(path)
    if "insertion_code" not in table:
        table["insertion_code"] = ""
    missing = [name for name in KEYS if name not in table]
    if missing:
        raise ConfigError(f"{path}: no column {missing[0]}; found {', '.join(map(str, table))}")
    table["chain"] = table["chain"].fillna("").astype(str)
    table["insertion_code"] = table["insertion_code"].fillna("").astype(str)
    twice = table.duplicated(KEYS)
    if twice.any():
        chain, number, code = table.loc[twice, KEYS].iloc[0]
        raise ConfigError(f"{path}: residue {chain} {number}{code} is named twice")
    import pandas as pd

    wanted = pd.MultiIndex.from_arrays([getattr(structure, name) for name in KEYS], names=KEYS)
    rows = table.set_index(KEYS)
    if not wanted.isin(rows.index).any():
        raise ConfigError(
            f"{path}: names no residue of {structure.name}, whose chains are "
            f"{', '.join(structure.chain_ids)}"
        )
    numbers = rows.select_dtypes(["number", "bool"]).astype(np.float32).reindex(wanted)
    if not numbers.columns.size:
        raise ConfigError(f"{path}: no column of numbers beside {', '.join(KEYS)}")
    return [
        ResidueColumn(str(name), numbers[name].to_numpy(), about=f"From {path.name}")
        for name in numbers
    ]


def _read(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        if path.suffix.lower() == ".csv":
            table = pd.read_csv(path)
            # Read again as they stand, because a chain may be called NA or 1.
            names = [name for name in ("chain", "insertion_code") if name in table]
            table[names] = pd.read_csv(path, usecols=names, dtype=str, keep_default_na=False)
            return table
        if path.suffix.lower() == ".parquet":
            return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"{path}: cannot be read as a table: {reason}") from error
    raise ConfigError(f"{path}: the name of a table must end in .csv or .parquet")
