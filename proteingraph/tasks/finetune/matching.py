"""Labels of a table put to the residues and chains of the structures they name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from torch_geometric.data import Data

from proteingraph.datasets import ChainPack
from proteingraph.errors import DatasetError, ProteinGraphError
from proteingraph.io import AMINO_ACIDS, Structure, read_structure
from proteingraph.io.alphabet import component, decode_sequence, encode_sequence
from proteingraph.tasks.examples import Examples
from proteingraph.tasks.finetune.table import LabelTable, feature_columns

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LabelledEntries", "match_table"]


@dataclass(frozen=True, eq=False)
class LabelledEntries:
    """Chains that have labels.

    Attributes:
        examples: The chains with their labels and features.
        files: File of each, as the table gives it.
        chains: Chain of each, as the table gives it.
        groups: Group of each; the file where the table has none.
        splits: Split of each; empty where the table has none.
    """

    examples: Examples
    files: list[str]
    chains: list[str]
    groups: list[str]
    splits: list[str]


@dataclass(frozen=True, eq=False)
class _Entry:
    graph: Data
    label: float | NDArray[np.float64]
    features: NDArray[np.float64]
    file: str
    chain: str
    group: str
    split: str


def match_table(
    table: LabelTable,
    folder: Path,
    level: str,
    reading: Callable[[int, int], None] | None = None,
) -> LabelledEntries:
    """Read the structures of a table, and find what its labels are of.

    What cannot be found is added to the table's mismatches.

    Args:
        table: Labels.
        folder: Where the files are that have no absolute path.
        level: ``"residue"`` or ``"protein"``.
        reading: Told after each chain how many are done, and of how many.

    Raises:
        DatasetError: If nothing is left.
    """
    entries: list[_Entry] = []
    read: tuple[str, Structure | str] = ("", "")
    chains = table.frame.groupby(["file", "chain"]).ngroups
    for number, (file, chain, rows) in enumerate(table.chains(), 1):
        if read[0] != file:
            read = (file, _structure(folder / file))
        entry = _match(table, rows, file, chain, read[1], level)
        if entry is not None:
            entries.append(entry)
        if reading is not None:
            reading(number, chains)
    if not entries:
        first = table.mismatches[0].reason if table.mismatches else "the table is empty"
        raise DatasetError(f"no label of the table could be put to a structure: {first}")
    wide = entries[0].features.shape[1] > 0
    examples = Examples(
        ChainPack.from_data([entry.graph for entry in entries]),
        [entry.label for entry in entries],
        [entry.features for entry in entries] if wide else None,
    )
    return LabelledEntries(
        examples,
        [entry.file for entry in entries],
        [entry.chain for entry in entries],
        [entry.group or entry.file for entry in entries],
        [entry.split for entry in entries],
    )


def _structure(path: Path) -> Structure | str:
    try:
        return read_structure(path)
    except ProteinGraphError as error:
        return str(error)
    except OSError as error:
        return f"{path}: cannot be read: {error.strerror or error}"


def _match(
    table: LabelTable,
    rows: pd.DataFrame,
    file: str,
    chain: str,
    structure: Structure | str,
    level: str,
) -> _Entry | None:
    found = _chain(structure, chain, level)
    reason = found if isinstance(found, str) else _contradiction(rows)
    if isinstance(found, str) or reason:
        table.refuse(rows, reason, whole=True)
        return None
    graph = found.to_data()
    features = feature_columns(rows)
    if level == "protein":
        if len(rows) > 1:
            table.refuse(rows.iloc[1:], f"{file} {chain}: labelled {len(rows)} times".strip())
            if rows["label"].nunique(dropna=False) > 1:
                table.refuse(rows.iloc[:1], f"{file} {chain}: labels contradict".strip())
                return None
        if not features.shape[1]:
            spread = np.zeros((len(found), 0))
        else:
            spread = np.repeat(features[:1], len(found), axis=0)
        label: float | NDArray[np.float64] = float(rows["label"].iloc[0])
        first = rows.iloc[0]
        return _Entry(graph, label, spread, file, chain, first["group"], first["split"])
    kept, places = _residues(table, rows, found)
    if not len(kept):
        return None
    values = np.full(len(found), np.nan)
    values[places] = kept["label"]
    spread = np.full((len(found), features.shape[1]), np.nan)
    spread[places] = feature_columns(kept)
    first = kept.iloc[0]
    return _Entry(graph, values, spread, file, chain, first["group"], first["split"])


def _chain(structure: Structure | str, chain: str, level: str) -> Structure | str:
    """The residues with CA of a chain, or what is wrong with it."""
    if isinstance(structure, str):
        return structure
    names = structure.chain_ids
    if chain:
        if chain not in names:
            return f"{structure.name}: no chain {chain!r}; there are {', '.join(map(repr, names))}"
        structure = structure.select(structure.chain == chain)
    elif level == "residue" and len(names) > 1:
        return f"{structure.name}: the table names no chain, and there are {', '.join(names)}"
    has_ca = structure.select(structure.backbone_mask[:, 1])
    return has_ca if len(has_ca) else f"{structure.name}: no residue of {chain or 'it'} has a CA"


def _contradiction(rows: pd.DataFrame) -> str:
    for name in ("split", "group"):
        texts = rows[name].unique()
        if len(texts) > 1:
            return f"rows of one chain are of several: {name} {', '.join(map(repr, texts[:4]))}"
    return ""


def _residues(
    table: LabelTable, rows: pd.DataFrame, chain: Structure
) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Rows whose residues are there, once, and as the table says; and which residues these are."""
    where = {
        (int(number), str(code)): place
        for place, (number, code) in enumerate(
            zip(chain.residue_number, chain.insertion_code, strict=True)
        )
    }
    keys = list(zip(rows["number"].tolist(), rows["insertion"].tolist(), strict=True))
    places = np.array([where.get(key, -1) for key in keys], dtype=np.int64)
    table.refuse(
        rows[places < 0], f"{chain.name}: no such residue with a CA; {_extent(chain)} are there"
    )
    rows, places = rows[places >= 0], places[places >= 0]
    rows, places = _checked_types(table, rows, places, chain)
    again = rows.duplicated(["number", "insertion"]).to_numpy()
    clashing = rows.groupby(["number", "insertion"])["label"].transform(
        lambda labels: labels.nunique(dropna=False) > 1
    )
    wrong = clashing.to_numpy(bool) if len(rows) else again
    table.refuse(rows[wrong], f"{chain.name}: labelled several times, with different labels")
    table.refuse(rows[again & ~wrong], f"{chain.name}: labelled several times, alike")
    kept = ~(again | wrong)
    return rows[kept], places[kept]


def _checked_types(
    table: LabelTable, rows: pd.DataFrame, places: NDArray[np.int64], chain: Structure
) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    asked = np.array([_residue_type(text) for text in rows["amino_acid"]], dtype=np.int64)
    there = chain.residue_type[places]
    wrong = (asked >= 0) & (asked < len(AMINO_ACIDS)) & (asked != there)
    letters = decode_sequence(there)
    for place in np.flatnonzero(wrong).tolist():
        row = rows.iloc[[place]]
        said = row["amino_acid"].iloc[0]
        table.refuse(row, f"{chain.name}: the table says {said}, the structure {letters[place]}")
    return rows[~wrong], places[~wrong]


def _residue_type(text: str) -> int:
    """Residue type of a one- or three-letter code; -1 if there is none to compare."""
    if not text:
        return -1
    return int(encode_sequence(text)[0]) if len(text) == 1 else component(text.upper())[1]


def _extent(chain: Structure) -> str:
    first, last = (
        f"{chain.residue_number[place]}{chain.insertion_code[place]}" for place in (0, -1)
    )
    return f"{len(chain)} from {first} to {last}"
