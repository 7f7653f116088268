"""What a store is built from, piece by piece: files, members of archives, packed chains."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from proteingraph.datasets.folder import chain_graphs
from proteingraph.datasets.pack import ChainPack
from proteingraph.datasets.store.reader import ChainStore
from proteingraph.errors import ProteinGraphError
from proteingraph.io import read_structure

if TYPE_CHECKING:
    from proteingraph.datasets.importers import Importer

__all__ = [
    "BadItem",
    "ImporterItem",
    "Item",
    "Outcome",
    "PackItem",
    "StoreItem",
    "StructureItem",
    "read_item",
    "shown",
]

FILES_AT_ONCE = 16
BYTES_AT_ONCE = 4 << 20


@dataclass(frozen=True)
class Outcome:
    """What came of an item.

    Attributes:
        file: the item, as the store calls it.
        pack: its entries; `None` if there are none.
        failures: file, chain (empty for all of it) and reason of what could not be read.
    """

    file: str
    pack: ChainPack | None = None
    failures: tuple[tuple[str, str, str], ...] = ()


class Item(Protocol):
    """Something to read entries from, in any process."""

    @property
    def file(self) -> str:
        """What it is called in the store."""
        ...

    @property
    def weight(self) -> float:
        """How much work it is: about 1 for what should go to a process at once."""
        ...

    def read(self, complexes: bool) -> Outcome:
        """Read the entries; may raise a ProteinGraphError if there is not one good entry."""
        ...


@dataclass(frozen=True)
class StructureItem:
    """A structure file, or the content of one that is no file of its own.

    Attributes:
        file: what it is called in the store.
        path: the file, or what to call the content.
        content: the content. Default: that of the file.
        name: name of the entry. Default: as the reader tells it from the path.
    """

    file: str
    path: str
    content: bytes | None = None
    name: str | None = None

    @property
    def weight(self) -> float:
        """Share of what goes to a process at once."""
        return max(1 / FILES_AT_ONCE, len(self.content or b"") / BYTES_AT_ONCE)

    def read(self, complexes: bool) -> Outcome:
        """Read the chains, or with `complexes` all together."""
        if self.content is None:
            structure = read_structure(self.path)
        else:
            file = io.BytesIO(self.content)
            file.name = self.path
            structure = read_structure(file)
        if self.name is not None:
            structure = replace(structure, name=self.name)
        graphs, failures = [], []
        for part, graph in chain_graphs(structure, complexes):
            if graph.num_nodes:
                graph.file = self.file
                graphs.append(graph)
            else:
                chain = "" if complexes else "".join(part.chain_ids)
                failures.append((self.file, chain, f"{self.path}: no residue with CA in {part!r}"))
        return Outcome(self.file, ChainPack.from_data(graphs), tuple(failures))


@dataclass(frozen=True)
class ImporterItem:
    """A run of entries of a corpus in a foreign format."""

    file: str
    importer: Importer
    first: int
    stop: int
    weight: float = 1.0

    def read(self, complexes: bool) -> Outcome:
        """Read the run."""
        pack, failures = self.importer.read(self.first, self.stop)
        told = tuple((shown(failure.path), "", failure.reason) for failure in failures)
        return Outcome(self.file, _with_file(pack, self.file), told)


@dataclass(frozen=True)
class StoreItem:
    """A run of entries of another store."""

    file: str
    path: Path
    first: int
    stop: int
    weight: float = 1.0

    def read(self, complexes: bool) -> Outcome:
        """Read the run."""
        pack = ChainStore(self.path).pack(np.arange(self.first, self.stop))
        return Outcome(self.file, _with_file(pack, self.file))


@dataclass(frozen=True)
class PackItem:
    """Entries that are in memory already."""

    file: str
    pack: ChainPack
    weight: float = 1.0

    def read(self, complexes: bool) -> Outcome:
        """Return the entries."""
        return Outcome(self.file, _with_file(self.pack, self.file))


@dataclass(frozen=True)
class BadItem:
    """Something that is known to be unreadable."""

    file: str
    reason: str
    weight: float = 1 / FILES_AT_ONCE

    def read(self, complexes: bool) -> Outcome:
        """Return the reason."""
        return Outcome(self.file, failures=((self.file, "", self.reason),))


def read_item(item: Item, complexes: bool) -> Outcome:
    """Read an item, whatever is wrong with it.

    Args:
        item: what to read.
        complexes: whether to keep the chains of a file together.

    Returns:
        Its entries and failures.
    """
    try:
        return item.read(complexes)
    except (ProteinGraphError, OSError) as error:
        return Outcome(item.file, failures=((item.file, "", str(error)),))


def shown(path: str | os.PathLike[str]) -> str:
    """Name of a file as text that can be written anywhere, whatever bytes it is made of."""
    return os.fsencode(path).decode("utf-8", "replace")


def _with_file(pack: ChainPack, file: str) -> ChainPack:
    """Label entries with their file, unless they say where they come from."""
    if "file" in pack.labels:
        return pack
    return replace(pack, labels={**pack.labels, "file": np.full(len(pack), file)})
