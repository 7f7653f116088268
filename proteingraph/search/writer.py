"""Writing an index, which appears whole or not at all."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from proteingraph.errors import DatasetError
from proteingraph.files import replace_folder
from proteingraph.search.layout import (
    ENTRIES,
    FAILURES,
    GRAPH,
    MODEL,
    STARTS,
    STEPS,
    TRACES,
    VECTORS,
    Record,
    describe_file,
    is_index,
    write_record,
)
from proteingraph.search.nearest import EXACT_UP_TO, build_graph
from proteingraph.search.network import fingerprint
from proteingraph.search.tables import EntryTable, failure_table, write_table
from proteingraph.search.traces import encode_trace

if TYPE_CHECKING:
    from proteingraph.pretrain import DenoisingModel

__all__ = ["Entry", "IndexWriter"]


@dataclass(frozen=True, eq=False)
class Entry:
    """What an index is to keep of a structure, beside its vector.

    Attributes:
        name: Name of the entry.
        chains: Names of its chains, joined by commas.
        pos: CA coordinates in Å, ``[L, 3]``.
        labels: What is known of it.
        file: What it was read from, to be named if it has no embedding.
    """

    name: str
    chains: str
    pos: NDArray[np.floating]
    labels: Mapping[str, str] = field(default_factory=dict)
    file: str = ""


class IndexWriter:
    """Writes an index to a temporary folder beside its place, which it takes in the end.

    Leaving the context without `finish` removes what was written, and leaves all as it was.

    Args:
        path: Folder of the index, absent or empty.
        overwrite: Replace an index that is there. (default: :obj:`False`)

    Attributes:
        failures: What could not be indexed, as file, chain (empty for all of it) and reason; more
            may be added.

    Raises:
        DatasetError: If the place is taken; when the context is left, if it cannot be written to.
    """

    def __init__(self, path: Path, overwrite: bool = False) -> None:
        _check_free(path, overwrite)
        self.failures: list[tuple[str, str, str]] = []
        self._path = path.resolve()
        self._folder = self._path.with_name(f".{path.name}.{uuid.uuid4().hex}.partial")
        self._columns = 0
        self._ends = [0]
        self._table = EntryTable()
        self._files: dict[str, IO[bytes]] = {}

    def __len__(self) -> int:
        """Return the number of entries written."""
        return len(self._ends) - 1

    def __enter__(self) -> IndexWriter:
        try:
            self._folder.mkdir()
            for name in (VECTORS, TRACES, STEPS):
                self._files[name] = (self._folder / name).open("wb")
        except OSError as error:
            raise self._unwritable(error) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for file in self._files.values():
            with suppress(OSError):  # of a full disk, on which the rest of the buffer is no loss
                file.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        if isinstance(error, OSError):
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> DatasetError:
        return DatasetError(
            f"{self._path}: cannot be written: {error.strerror or error}; make room, or name "
            "another place"
        )

    def add(self, entries: Sequence[Entry], vectors: NDArray[np.float32]) -> None:
        """Add entries; those whose vector is NaN are failures.

        Args:
            entries: The entries.
            vectors: Their unit vectors, ``[n, D]``.
        """
        self._columns = vectors.shape[1]
        for entry, vector in zip(entries, vectors, strict=True):
            if np.isnan(vector).any():
                reason = f"{entry.name}: its embedding is zero or not finite: too few residues?"
                self.failures.append((entry.file, entry.chains, reason))
                continue
            numbers, step = encode_trace(entry.pos)
            self._files[VECTORS].write(vector.astype("<f2").tobytes())
            self._files[TRACES].write(numbers.astype("<i2").tobytes())
            self._files[STEPS].write(np.float32(step).astype("<f4").tobytes())
            self._ends.append(self._ends[-1] + len(numbers))
            self._table.add(entry.name, len(numbers), entry.chains, entry.labels)

    def finish(
        self,
        model: DenoisingModel,
        name: str,
        *,
        complexes: bool = False,
        sources: Iterable[str] = (),
    ) -> None:
        """Write the rest, and put the index in its place.

        Args:
            model: Network that the vectors are of; a copy of it is kept.
            name: What to call it.
            complexes: Whether chains of a file were embedded together. (default: :obj:`False`)
            sources: What the index was built from, by name.
        """
        for file in self._files.values():
            file.close()
        folder = self._folder
        np.array(self._ends, "<i8").tofile(folder / STARTS)
        table, labels = self._table.finish()
        write_table(folder / ENTRIES, table)
        write_table(folder / FAILURES, failure_table(self.failures))
        model.save_pretrained(folder / MODEL)
        if len(self) > EXACT_UP_TO:
            build_graph(folder, len(self), self._columns)
        write_record(
            folder,
            Record(
                entries=len(self),
                residues=self._ends[-1],
                columns=self._columns,
                failures=len(self.failures),
                metric="cosine",
                model=name,
                fingerprint=fingerprint(model),
                complexes=complexes,
                labels=labels,
                sources=tuple(sources),
                files={name: describe_file(folder / name) for name in self._written()},
            ),
        )
        replace_folder(folder, self._path)

    def _written(self) -> list[str]:
        names = [VECTORS, TRACES, STARTS, STEPS, ENTRIES, FAILURES]
        names += [f"{MODEL}/{path.name}" for path in sorted((self._folder / MODEL).iterdir())]
        return [*names, GRAPH] if (self._folder / GRAPH).exists() else names


def _check_free(path: Path, overwrite: bool) -> None:
    """Raise DatasetError unless an index can be put there."""
    if not path.resolve().parent.is_dir():
        raise DatasetError(f"{path}: the folder {path.parent} does not exist")
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return
    if not is_index(path):
        raise DatasetError(f"{path}: is there already, and no index: name another place")
    if not overwrite:
        raise DatasetError(f"{path}: is there already: replace it (--overwrite), or name another")
