"""Whatever a store can be built from, told apart and taken to pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from glob import glob
from pathlib import Path

import numpy as np

from proteingraph.datasets.cath_scop_mini import load_cath_scop_mini
from proteingraph.datasets.folder import find_structure_files, is_structure_name
from proteingraph.datasets.pack import ChainPack
from proteingraph.datasets.pack_file import list_arrays
from proteingraph.datasets.store.archives import ARCHIVES, archive_items, count_members
from proteingraph.datasets.store.items import (
    BadItem,
    ImporterItem,
    Item,
    PackItem,
    StoreItem,
    StructureItem,
    shown,
)
from proteingraph.datasets.store.layout import is_store
from proteingraph.datasets.store.mirror import LISTS, listed_items, read_ids
from proteingraph.datasets.store.reader import ChainStore
from proteingraph.errors import DatasetError

__all__ = ["SHIPPED", "Source", "open_sources"]

SHIPPED = "cath-scop-mini"
RUN = 200
"""Entries of a pack, store or foreign corpus that are taken at once."""


@dataclass(frozen=True)
class Source:
    """Something that entries come from.

    Attributes:
        items: makes an iterator of its pieces, the same at each call.
        count: tells how many there are, as far as that can be known.
    """

    items: Callable[[], Iterator[Item]]
    count: Callable[[], int]


def open_sources(sources: Sequence[str], mirror: Path | None = None) -> list[Source]:
    """Tell apart what a store is to be built from.

    Args:
        sources: folders and patterns of structure files, structure files, tar archives, .npz files
            of packed chains, stores, corpora in a foreign format (see `open_importer`), text files
            of PDB entries, or `cath-scop-mini`.
        mirror: folder in which listed PDB entries are looked for. Default: lists are refused.

    Returns:
        The sources, in order. A pattern that matches no structure files stands for several.

    Raises:
        DatasetError: if one of them does not exist, is of another kind, or has nothing in it.
    """
    return [opened for text in sources for opened in _open(text, mirror)]


def _open(text: str, mirror: Path | None) -> list[Source]:
    path = Path(text)
    if text == SHIPPED:
        return [_packed(SHIPPED, load_cath_scop_mini, lambda: len(load_cath_scop_mini()))]
    if not text or not path.exists():
        return _matches(text, mirror)
    if path.is_dir() and is_store(path):
        return [_stored(path)]
    name = path.name.lower()
    if path.is_file() and is_structure_name(name):
        return [_listed([StructureItem(shown(path.name), text)])]
    if path.is_file() and name.endswith(".npz"):
        return [_packed(shown(path.name), lambda: _load(path), lambda: _count(path))]
    if path.is_file() and name.endswith(ARCHIVES):
        return [Source(lambda: archive_items(path), lambda: count_members(path))]
    imported = _imported(path)
    if imported is not None:
        return [imported]
    if path.is_dir():
        return [_files(text)]
    if name.endswith(LISTS):
        if mirror is None:
            raise DatasetError(
                f"{text}: a list of PDB entries needs a folder to look for them: give --mirror"
            )
        ids = read_ids(path)
        return [Source(lambda: listed_items(ids, mirror), lambda: len(ids))]
    raise DatasetError(
        f"{text}: no structure file, archive ({', '.join(ARCHIVES)}), packed chains (.npz), list "
        f"of PDB entries ({', '.join(LISTS)}), or corpus in a format that can be imported"
    )


def _matches(text: str, mirror: Path | None) -> list[Source]:
    """Sources of a pattern: its structure files, else whatever else it matches."""
    names = sorted(glob(text, recursive=True)) if any(c in text for c in "*?[") else []
    if not names:
        raise DatasetError(f"{text!r}: no such file, folder or pattern, nor {SHIPPED!r}")
    if any(is_structure_name(name) for name in names):
        return [_files(text)]
    return [source for name in names for source in _open(name, mirror)]


def _files(text: str) -> Source:
    base, paths = find_structure_files(text)
    return _listed([StructureItem(shown(p.relative_to(base).as_posix()), str(p)) for p in paths])


def _listed(items: list[StructureItem]) -> Source:
    return Source(lambda: iter(items), lambda: len(items))


def _load(path: Path) -> ChainPack:
    chains = "first_ca" in list_arrays(path)
    return ChainPack.from_chains_npz(path) if chains else ChainPack.load(path)


def _count(path: Path) -> int:
    """Entries of a file of packed chains, both formats of which hold their lengths."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return len(archive["length"])
    except Exception:  # whatever is wrong with it is told when it is read
        return 1


def _packed(file: str, load: Callable[[], ChainPack], count: Callable[[], int]) -> Source:
    """Source of packed chains, which are read when it is their turn."""

    def items() -> Iterator[Item]:
        try:
            pack = load()
        except DatasetError as error:
            yield BadItem(file, str(error))
            return
        for first, stop in _runs(len(pack)):
            yield PackItem(file, pack.subset(np.arange(first, stop)))

    return Source(items, lambda: len(_runs(count())))


def _stored(path: Path) -> Source:
    file, runs = shown(path.name), _runs(len(ChainStore(path)))
    return Source(lambda: (StoreItem(file, path, *run) for run in runs), lambda: len(runs))


def _imported(path: Path) -> Source | None:
    from proteingraph.datasets.importers import open_importer

    importer = open_importer(path)
    if importer is None:
        return None
    file, runs = shown(path.name), _runs(importer.count)
    return Source(lambda: (ImporterItem(file, importer, *run) for run in runs), lambda: len(runs))


def _runs(size: int) -> list[tuple[int, int]]:
    return [(first, min(first + RUN, size)) for first in range(0, size, RUN)]
