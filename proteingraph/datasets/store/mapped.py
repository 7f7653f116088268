"""The files of a store, memory-mapped for reading."""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proteingraph.datasets.store.layout import (
    ARRAYS,
    BUILD,
    META,
    STARTS,
    TEXT_STARTS,
    TEXTS,
    Record,
    array_file,
    read_record,
)
from proteingraph.errors import DatasetError
from proteingraph.io.alphabet import UNKNOWN_TYPE

__all__ = ["MappedFiles", "open_files"]

_FARTHEST = 1e7  # Å: no coordinate is, but bytes that are none


class MappedFiles:
    """What a record says of the files of a store; later appends to them do not show.

    Nothing is read on opening. Pickled, it is the path and the record: whoever unpickles it maps
    the same files, and the system keeps them in memory once for all processes.

    Args:
        path: folder of the store.
        record: what counts of its files.

    Attributes:
        columns: per-residue columns by name, see `ARRAYS`; read-only.
        starts: first row of each entry and the end of the last, int64 [n + 1]; read-only.

    Raises:
        DatasetError: if a file is absent or cut short.
    """

    def __init__(self, path: Path, record: Record) -> None:
        self.path = path
        self.record = record
        self.columns = {
            name: self.array(array_file(name), kind).reshape(-1, *shape)
            for name, (kind, shape) in ARRAYS.items()
        }
        self.starts = self.array(STARTS, np.dtype("<i8"))
        self._text_starts = self.array(TEXT_STARTS, np.dtype("<i8"))
        self._texts = self.content(TEXTS)

    def __reduce__(self) -> tuple[Any, ...]:
        return MappedFiles, (self.path, self.record)

    def content(self, name: str) -> mmap.mmap | bytes:
        """Map the part of a file that counts."""
        size = self.record.files[name].bytes
        try:
            with (self.path / name).open("rb") as file:
                found = file.seek(0, 2)
                if found < size:
                    raise DatasetError(
                        f"{self.path / name}: cut short, {found:,} bytes of {size:,}: restore it "
                        "from a copy, or build the store again"
                    )
                return mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) if size else b""
        except OSError as error:
            raise DatasetError(
                f"{self.path / name}: cannot be read ({error.strerror}): restore it from a copy, "
                "or build the store again"
            ) from error

    def array(self, name: str, kind: np.dtype[Any]) -> NDArray[Any]:
        """Map a file of numbers."""
        return np.frombuffer(self.content(name), kind)

    def rows(self, number: int) -> slice:
        """Return the rows of an entry.

        Args:
            number: number of the entry, not negative.

        Raises:
            DatasetError: if the file of starts is damaged.
        """
        first, stop = self.starts[number : number + 2].tolist()
        if not 0 <= first < stop <= self.record.residues:
            raise self._damaged(STARTS, number)
        return slice(first, stop)

    def check_starts(self, numbers: NDArray[np.int64]) -> None:
        """Raise DatasetError if the file of starts is damaged at any of some entries."""
        first, stop = self.starts[numbers], self.starts[numbers + 1]
        good = (first >= 0) & (first < stop) & (stop <= self.record.residues)
        if not good.all():
            raise self._damaged(STARTS, int(numbers[~good][0]))

    def check_values(self, numbers: Iterable[int]) -> None:
        """Raise DatasetError if some entries have residue types or coordinates that cannot be."""
        for number in numbers:
            rows = self.rows(number)
            for name in ("residue_type", "coordinates"):
                if not _plausible(name, self.columns[name][rows]):
                    raise self._damaged(array_file(name), number)

    def plausible(self, columns: Mapping[str, NDArray[Any]]) -> bool:
        """Tell whether residue types and coordinates of any number of rows may be right."""
        return all(_plausible(name, columns[name]) for name in ("residue_type", "coordinates"))

    def text(self, number: int) -> list[str]:
        """Return name, chains (joined by tabs) and labels of an entry; trailing ones may lack.

        Args:
            number: number of the entry, not negative.

        Raises:
            DatasetError: if the files of texts are damaged.
        """
        first, stop = self._text_starts[number : number + 2].tolist()
        try:
            texts: list[str] = json.loads(self._texts[first:stop])
        except ValueError:
            texts = []
        if not (isinstance(texts, list) and 2 <= len(texts) <= 2 + len(self.record.labels)):
            raise self._damaged(TEXTS, number)
        return texts

    def _damaged(self, name: str, number: int) -> DatasetError:
        return DatasetError(
            f"{self.path / name}: damaged at entry {number}: `proteingraph data verify` tells what "
            "else is; restore it from a copy, or build the store again"
        )


def _plausible(name: str, values: NDArray[Any]) -> bool:
    if name == "residue_type":  # as bytes, numbers below 0 are large
        return bool(values.view(np.uint8).max(initial=0) <= UNKNOWN_TYPE)
    # Of what is no number, neither is true.
    return bool(values.max(initial=0) < _FARTHEST and values.min(initial=0) > -_FARTHEST)


def open_files(path: Path) -> MappedFiles:
    """Map the files of a finished store.

    Args:
        path: folder of the store.

    Returns:
        The files.

    Raises:
        DatasetError: if the folder is absent, no store, not finished, or damaged.
    """
    if not (path / META).is_file():
        if (path / BUILD).is_file():
            raise DatasetError(
                f"{path}: the store is not finished: give the `proteingraph data build` that began "
                "it once more, with --resume"
            )
        state = f"has no {META}" if path.is_dir() else "is no folder"
        raise DatasetError(
            f"{path}: no store, it {state}: `proteingraph data build FILES -o {path}` makes one"
        )
    return MappedFiles(path.absolute(), read_record(path / META))
