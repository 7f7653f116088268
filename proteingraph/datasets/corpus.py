"""Corpora by name or path, and tables that split them."""

from __future__ import annotations

import csv
from os import PathLike, fspath
from pathlib import Path

from proteingraph.datasets.cath_scop_mini import load_cath_scop_mini
from proteingraph.datasets.folder import Failure, read_folder, warn_of_failures
from proteingraph.datasets.pack import ChainPack
from proteingraph.datasets.pack_file import list_arrays
from proteingraph.datasets.protocol import Corpus
from proteingraph.datasets.store import ChainStore, is_store
from proteingraph.errors import DatasetError

__all__ = ["load_corpus", "read_split"]

SHIPPED = "cath-scop-mini"


def load_corpus(source: str | PathLike[str], failures: list[Failure] | None = None) -> Corpus:
    """Read a set of chains from whatever holds it.

    Args:
        source: a store, as `proteingraph data build` makes it; a folder (or pattern) of structure
            files, one entry a chain; an .npz file that
            `ChainPack.save` wrote; an .npz file in the layout of `chains.npz`; or the name
            `cath-scop-mini` for the domains shipped with the package.
        failures: gets the files and chains of a folder that were left out. Default: a warning is
            logged.

    Returns:
        The chains: a `ChainStore` if the source is a store, else a `ChainPack`.

    Raises:
        DatasetError: if the source is none of these, or holds no chain that can be read.

    Examples:
        >>> load_corpus("cath-scop-mini").labels["sccs"][0].count(".")
        3
    """
    text = fspath(source)
    if not text:
        raise DatasetError(f"the corpus has no name: give a folder, an .npz file or {SHIPPED!r}")
    if text == SHIPPED:
        return load_cath_scop_mini()
    if Path(text).is_file() and text.endswith(".npz"):
        if "first_ca" in list_arrays(text):
            return ChainPack.from_chains_npz(text)
        return ChainPack.load(text)
    if is_store(text):
        return ChainStore(text)
    if Path(text).is_dir() or any(c in text for c in "*?["):
        return _read_folder(text, failures)
    state = "is no .npz file" if Path(text).exists() else "does not exist"
    raise DatasetError(
        f"{text} {state}: expected a folder of structure files, a store, an .npz file of packed "
        f"chains, or {SHIPPED!r}"
    )


def _read_folder(text: str, failures: list[Failure] | None) -> ChainPack:
    told: list[Failure] = []
    pack = read_folder(text, told)
    if not len(pack):
        reasons = "\n".join(f"  {failure.reason}" for failure in told[:5])
        raise DatasetError(f"{text}: not one chain could be read:\n{reasons}")
    if failures is None:
        warn_of_failures(text, told)
    else:
        failures += told
    return pack


def read_split(path: str | PathLike[str], column: str) -> dict[str, str]:
    """Read from a table which split each chain or domain belongs to.

    Args:
        path: table with a header line, separated by tabs (by commas if it ends in .csv); its first
            column has the names.
        column: header of the column to read.

    Returns:
        Value of the column for each name.

    Raises:
        DatasetError: if the file or column is absent, a row too short, or a name repeated.
    """
    try:
        with open(path, newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file, delimiter="," if fspath(path).endswith(".csv") else "\t"))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{fspath(path)}: cannot be read as a table ({error})") from error
    header = rows[0] if rows else []
    if column not in header[1:]:
        raise DatasetError(f"{fspath(path)}: no column {column!r}, only {_told(header)}")
    place = header.index(column, 1)
    split: dict[str, str] = {}
    for number, row in enumerate(rows[1:], start=2):
        if not row:
            continue
        if len(row) <= place:
            raise DatasetError(
                f"{fspath(path)}, line {number}: {len(row)} fields, expected {len(header)}"
            )
        if row[0] in split:
            raise DatasetError(f"{fspath(path)}, line {number}: {row[0]!r} occurs twice")
        split[row[0]] = row[place]
    return split


def _told(header: list[str]) -> str:
    if len(header) == 1:
        return f"the names, {header[0]!r:.60}: are fields separated by tabs (in .csv, by commas)?"
    return ", ".join(header[1:]) or "an empty file"
