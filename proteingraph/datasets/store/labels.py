"""Tables of labels, which give the entries of a store columns by their names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from os import PathLike, fspath

import numpy as np

from proteingraph.datasets.pack import ChainPack
from proteingraph.datasets.store.layout import RESERVED
from proteingraph.errors import DatasetError

__all__ = ["LabelTable", "read_labels"]


@dataclass(frozen=True)
class LabelTable:
    """Labels by name of entry.

    Attributes:
        columns: names of the labels.
        rows: a text for each of them, for each entry that the table names.
    """

    columns: tuple[str, ...]
    rows: dict[str, tuple[str, ...]]

    def label(self, pack: ChainPack) -> ChainPack:
        """Add the labels to a pack; `""` where the table does not name an entry.

        Args:
            pack: the entries.

        Returns:
            The same entries with the labels.
        """
        nothing = ("",) * len(self.columns)
        rows = [self.rows.get(name, nothing) for name in pack.names.tolist()]
        labels = {
            column: np.array([row[place] for row in rows], np.str_)
            for place, column in enumerate(self.columns)
        }
        return replace(pack, labels={**pack.labels, **labels})


def read_labels(path: str | PathLike[str]) -> LabelTable:
    """Read a table of labels.

    Args:
        path: table with a header line, separated by tabs (by commas if it ends in .csv), or a
            .parquet file; its first column has the names of entries.

    Returns:
        The labels, as text.

    Raises:
        DatasetError: if it cannot be read, has no further column, names an entry twice, or a column
            has a name that is taken.
    """
    import pandas as pd

    shown = fspath(path)
    try:
        if shown.endswith(".parquet"):
            table = pd.read_parquet(path)
        else:
            separator = "," if shown.endswith(".csv") else "\t"
            table = pd.read_csv(path, sep=separator, dtype=str, keep_default_na=False)
    except Exception as error:  # pandas and pyarrow raise a dozen kinds on bad files
        reason = " ".join(str(error).split())
        raise DatasetError(f"{shown}: cannot be read as a table ({reason})") from error
    columns = tuple(str(column) for column in table.columns[1:])
    if not columns:
        raise DatasetError(
            f"{shown}: no labels beside the names: are fields separated by tabs (in .csv, commas)?"
        )
    for column in columns:
        if column in RESERVED:
            raise DatasetError(f"{shown}: no label can be called {column!r}: rename the column")
    # Missing values of any type become empty texts; numbers keep their shortest spelling.
    texts = [table[column].astype(object).where(table[column].notna(), "") for column in table]
    names, *values = [[str(text) for text in column] for column in texts]
    rows = dict(zip(names, zip(*values, strict=True), strict=True))
    if len(rows) < len(names):
        twice = next(name for i, name in enumerate(names) if name in names[:i])
        raise DatasetError(f"{shown}: {twice!r} occurs twice")
    return LabelTable(columns, rows)
