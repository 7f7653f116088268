"""A folder of structure files as a data set."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from glob import glob
from os import PathLike, fspath
from pathlib import Path

from torch_geometric.data import Data

from proteingraph.datasets.pack import ChainPack
from proteingraph.datasets.pack_dataset import PackDataset
from proteingraph.errors import DatasetError, ProteinGraphError
from proteingraph.io import Structure, read_structure

__all__ = [
    "Failure",
    "ProteinFolder",
    "chain_graphs",
    "find_structure_files",
    "is_structure_name",
    "read_folder",
    "warn_of_failures",
]

SUFFIXES = (".pdb", ".ent", ".pdb1", ".cif", ".mmcif", ".mcif", ".bcif")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Failure:
    """A file, or one of its chains, that was left out.

    Attributes:
        path: the file.
        reason: what is wrong with it.
        chain: the chain; empty for all of the file. Default: empty.
    """

    path: Path
    reason: str
    chain: str = ""


class ProteinFolder(PackDataset):
    """Every structure file below a folder, one graph a chain.

    Files that cannot be read, and chains without a single CA, are left out, listed in `failures`
    and counted in a logged warning. A graph's `name` is that of its file without ending, `_` and
    the chain; its `file` is the path relative to the folder. All chains are held in memory; for
    more than that takes, see `build_store`.

    Args:
        root: folder, searched with all folders in it, or a pattern such as `models/*.pdb.gz`.
        complexes: whether to keep the chains of an entry together in one graph. Default: `False`.
        reader: `gemmi` or `prody`; `None` takes the default of the format. Default: `None`.
        transform: applied to a graph at each access. Default: none.
        pre_transform: applied to each graph once. Default: none.
        pre_filter: keeps only the graphs for which it is true. Default: keeps all.

    Attributes:
        failures: files and chains that were left out, with reasons.

    Raises:
        DatasetError: if there is no such folder, or no structure file in it.
    """

    def __init__(
        self,
        root: str | PathLike[str],
        complexes: bool = False,
        reader: str | None = None,
        transform: Callable[[Data], Data] | None = None,
        pre_transform: Callable[[Data], Data] | None = None,
        pre_filter: Callable[[Data], bool] | None = None,
    ) -> None:
        """Read the files."""
        self.failures: list[Failure] = []
        pack = read_folder(root, self.failures, complexes, reader)
        warn_of_failures(root, self.failures)
        super().__init__(pack, transform, pre_transform, pre_filter)
        self.root = fspath(root)


def read_folder(
    root: str | PathLike[str],
    failures: list[Failure],
    complexes: bool = False,
    reader: str | None = None,
) -> ChainPack:
    """Read every structure file below a folder into memory, one entry a chain.

    Args:
        root: folder, searched with all folders in it, or a pattern such as `models/*.pdb.gz`.
        failures: gets files that cannot be read, and chains without a single CA.
        complexes: whether to keep the chains of a file together in one entry. Default: `False`.
        reader: `gemmi` or `prody`; `None` takes the default of the format. Default: `None`.

    Returns:
        The chains, labelled with their `file`, relative to the folder.

    Raises:
        DatasetError: if there is no such folder, or no structure file in it.
    """
    base, paths = find_structure_files(root)
    graphs = []
    for path in paths:
        try:
            structure = read_structure(path, reader=reader)
        except (ProteinGraphError, OSError) as error:
            failures.append(Failure(path, str(error)))
            continue
        for part, graph in chain_graphs(structure, complexes):
            if graph.num_nodes:
                graph.file = path.relative_to(base).as_posix()
                graphs.append(graph)
            else:
                chain = "" if complexes else "".join(part.chain_ids)
                failures.append(Failure(path, f"{path}: no residue with CA in {part!r}", chain))
    return ChainPack.from_data(graphs)


def warn_of_failures(root: str | PathLike[str], failures: list[Failure]) -> None:
    """Log how many files of a folder were left out, if any, and why the first was."""
    if failures:
        count = len({failure.path for failure in failures})
        log.warning(
            "%s: %d %s could not be read whole; the first: %s",
            fspath(root),
            count,
            "file" if count == 1 else "files",
            failures[0].reason,
        )


def chain_graphs(structure: Structure, complexes: bool = False) -> Iterator[tuple[Structure, Data]]:
    """Turn a structure into graphs, a chain each, named after entry and chain.

    Args:
        structure: structure of one chain or several.
        complexes: whether to keep the chains together in one graph. Default: `False`.

    Yields:
        A chain (or all of them) and its graph without edges, which has no nodes if no residue has
        a CA.
    """
    for part in [structure] if complexes else structure.split_chains():
        chain = "" if complexes else "".join(part.chain_ids)
        named = replace(part, name=f"{part.name}_{chain}") if chain else part
        yield named, named.to_data()


def find_structure_files(root: str | PathLike[str]) -> tuple[Path, list[Path]]:
    """Find structure files by their endings, in alphabetical order.

    Args:
        root: folder, searched with all folders in it, or a pattern such as `models/*.pdb.gz`.

    Returns:
        The folder that all files lie in, and the files.

    Raises:
        DatasetError: if there is no such folder, or no structure file in it.
    """
    text = fspath(root)
    if Path(text).is_dir():
        base = Path(text)
        found = sorted(path for path in base.rglob("*") if _is_structure(path))
    else:
        fixed = [part for part in Path(text).parts if not any(c in part for c in "*?[")]
        base = Path(*fixed) if fixed else Path()
        found = sorted(Path(name) for name in glob(text, recursive=True) if _is_structure(name))
    if not found:
        raise DatasetError(f"{text}: no structure files ({', '.join(SUFFIXES)}, each also .gz)")
    return base, found


def is_structure_name(name: str) -> bool:
    """Tell by its ending whether a file is a structure, packed with gzip or not."""
    return name.lower().removesuffix(".gz").endswith(SUFFIXES)


def _is_structure(path: str | Path) -> bool:
    return is_structure_name(Path(path).name) and Path(path).is_file()
