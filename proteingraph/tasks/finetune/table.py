"""Tables of labels, as texts until they meet the structures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from proteingraph.errors import DatasetError
from proteingraph.tasks.finetune.config import ColumnsConfig, LabelConfig

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LabelTable", "Mismatch", "feature_columns", "read_label_table", "rows_of"]

SEPARATORS = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
RESIDUE = r"^\s*(-?\d+)\s*([A-Za-z]?)\s*$"


@dataclass(frozen=True)
class Mismatch:
    """A row of the table, or several for one reason, whose labels cannot be used.

    Attributes:
        row: Number of the first row, from 1, without the header.
        rows: Number of rows.
        file: As the table gives it.
        chain: As the table gives it.
        residue: Residue number with its insertion code; empty for all of them.
        reason: What is wrong, with what was expected.
    """

    row: int
    rows: int
    file: str
    chain: str
    residue: str
    reason: str


@dataclass(eq=False)
class LabelTable:
    """Labels by file and chain.

    Attributes:
        frame: One row a label that can be used so far: ``row``, ``file``, ``chain``, ``number``,
            ``insertion``, ``amino_acid``, ``split``, ``group``, ``label`` (float, NaN where
            unknown), and the features as ``feature_0``, ...
        classes: Names of the classes of a multi-class target, in the order of their numbers.
        mismatches: What cannot be used, and why.
    """

    frame: pd.DataFrame
    classes: list[str]
    mismatches: list[Mismatch] = field(default_factory=list)

    def chains(self) -> Iterator[tuple[str, str, pd.DataFrame]]:
        """Yield file, chain, and their rows, in the order of the table."""
        for (file, chain), rows in self.frame.groupby(["file", "chain"], sort=False):
            yield str(file), str(chain), rows

    def refuse(self, rows: pd.DataFrame, reason: str, *, whole: bool = False) -> None:
        """List rows as mismatches, one each, or as one if it is all rows of a chain."""
        if whole:
            first = rows.iloc[0]
            self.mismatches.append(
                Mismatch(int(first["row"]), len(rows), first["file"], first["chain"], "", reason)
            )
            return
        for _, entry in rows.iterrows():
            residue = f"{entry['number']}{entry['insertion']}"
            self.mismatches.append(
                Mismatch(int(entry["row"]), 1, entry["file"], entry["chain"], residue, reason)
            )


def read_label_table(path: Path, columns: ColumnsConfig, label: LabelConfig) -> LabelTable:
    """Read a table of labels.

    Args:
        path: CSV, TSV (either also packed with gzip) or parquet.
        columns: Which column says what.
        label: What the labels are.

    Returns:
        The table, and the rows whose residue number or label cannot be read.

    Raises:
        DatasetError: If the table cannot be read, lacks a column, or has no usable row.
    """
    import pandas as pd

    raw = _read(path)
    named: dict[str, str | None] = {
        "file": columns.file,
        "chain": columns.chain,
        "insertion": columns.insertion,
        "amino_acid": columns.amino_acid,
        "split": columns.split,
        "group": columns.group,
        "label": columns.label,
    }
    residues = label.level == "residue"
    if residues:
        named["number"] = columns.residue
    needed = ["file", "label", "amino_acid", "split", "group", *(["number"] if residues else [])]
    wanted = [named[key] for key in needed if named[key] is not None] + columns.features
    absent = [name for name in wanted if name not in raw]
    if absent:
        raise DatasetError(
            f"{path}: no column {', '.join(map(str, absent))}; there are {', '.join(raw.columns)}: "
            "say in columns which is which"
        )
    frame = pd.DataFrame({"row": np.arange(1, len(raw) + 1)})
    for key in (*named, "number"):
        name = named.get(key)
        frame[key] = raw[name].str.strip() if name is not None and name in raw else ""
    for place, name in enumerate(columns.features):
        frame[f"feature_{place}"] = pd.to_numeric(raw[name], errors="coerce").to_numpy(float)
    table = LabelTable(frame, [])
    if residues:
        _split_numbers(table)
    _read_labels(table, label, path)
    return table


def _read(path: Path) -> pd.DataFrame:
    """Read every column as text; an absent value is empty, and "NA" is a name like any other."""
    import pandas as pd

    suffix = Path(path.name.removesuffix(".gz")).suffix.lower()
    try:
        if suffix == ".parquet":
            raw = pd.read_parquet(path)
            return pd.DataFrame({str(name): _texts(raw[name]) for name in raw.columns})
        if suffix in SEPARATORS:
            return pd.read_csv(path, sep=SEPARATORS[suffix], dtype=str, keep_default_na=False)
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read: {error.strerror or error}") from error
    except Exception as error:  # pandas and pyarrow have many
        reason = " ".join(str(error).split())
        raise DatasetError(f"{path}: cannot be read as {suffix[1:]}: {reason}") from error
    raise DatasetError(f"{path}: the name must end in .csv, .tsv or .parquet")


def _texts(values: Any) -> Any:
    import pandas as pd

    if pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")  # whole numbers, some of which were absent
    if pd.api.types.is_bool_dtype(values):
        values = values.astype("Int64")
    return values.astype("string").fillna("").astype(object).astype(str)


def _split_numbers(table: LabelTable) -> None:
    parts = table.frame["number"].str.extract(RESIDUE)
    bad = parts[0].isna()
    table.frame["number"] = table.frame["number"].where(bad, parts[0])
    own = table.frame["insertion"]
    table.frame["insertion"] = own.where(own != "", parts[1].fillna(""))
    for text, rows in table.frame[bad].groupby("number", sort=False):
        table.refuse(rows, f"{text!r} is no residue number with or without an insertion code")
    table.frame = table.frame[~bad].astype({"number": np.int64})


def _read_labels(table: LabelTable, label: LabelConfig, path: Path) -> None:
    import pandas as pd

    frame = table.frame
    texts = frame["label"]
    blank = (texts == "") | texts.str.lower().isin(["nan", "none"])
    if label.kind == "multiclass":
        table.classes = label.classes or _class_names(texts[~blank].unique().tolist())
        if len(table.classes) < 2:
            raise DatasetError(f"{path}: labels of {len(table.classes)} classes, expected several")
        number = {name: float(place) for place, name in enumerate(table.classes)}
        values = texts.map(number).astype(float)
        expected = f"one of the classes {', '.join(table.classes[:10])}"
    else:
        values = pd.to_numeric(texts.where(~blank), errors="coerce").astype(float)
        if label.kind == "binary":
            values = values.where(values.isin([0.0, 1.0]) | (values == -1))
            blank |= values == -1
            values = values.where(values != -1)
            expected = "0 or 1 (blank or -1 for none)"
        elif label.bounded:
            values = values.where((values >= 0) & (values <= 1))
            expected = "a number from 0 to 1"
        else:
            values = values.where(np.isfinite(values))
            expected = "a number"
    wrong = values.isna() & ~blank
    for text, rows in frame[wrong].groupby("label", sort=False):
        table.refuse(rows, f"label {text!r} is not {expected}")
    table.frame = frame.assign(label=values)[~wrong]
    if not len(table.frame):
        raise DatasetError(f"{path}: no row with a label that can be used: {_first(table)}")


def _class_names(found: Sequence[str]) -> list[str]:
    """Sort names of classes: as numbers, if all of them are."""
    return sorted(found, key=lambda name: (0, int(name), "") if name.isdigit() else (1, 0, name))


def _first(table: LabelTable) -> str:
    return table.mismatches[0].reason if table.mismatches else "it is empty"


def rows_of(mismatches: Sequence[Mismatch]) -> int:
    """Number of rows that mismatches are about."""
    return int(sum(mismatch.rows for mismatch in mismatches))


def feature_columns(rows: pd.DataFrame) -> NDArray[np.float64]:
    """Features of rows of a table, ``[n, F]``."""
    names = [name for name in rows.columns if name.startswith("feature_")]
    values: NDArray[np.float64] = rows[names].to_numpy(np.float64)
    return values
