"""Queries of a search: chains or domains of structure files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from os import PathLike, fspath
from typing import TYPE_CHECKING

from proteingraph.errors import ConfigError, ProteinGraphError
from proteingraph.io import Structure, cut_ranges, parse_ranges, read_structure

if TYPE_CHECKING:
    from torch_geometric.data import Data

__all__ = ["Query", "Source", "read_queries"]

Source = str | PathLike[str] | Structure


@dataclass(frozen=True, eq=False)
class Query:
    """A structure to search with, or why there is none.

    Attributes:
        source: The file, or the name of the structure.
        graph: The structure without edges; None if it could not be read.
        reason: Why it could not be read; None if it could.
    """

    source: str
    graph: Data | None = None
    reason: str | None = None


def read_queries(
    sources: Iterable[Source],
    *,
    chains: Sequence[str] | None = None,
    ranges: str | None = None,
    complexes: bool = False,
) -> Iterator[Query]:
    """Read what to search with, whatever is wrong with some of it.

    Args:
        sources: Structure files, or structures.
        chains: Chains to search with. (default: all)
        ranges: Residues that make up one domain of each source, such as ``A:10-50,B:5A-90``.
            (default: whole chains)
        complexes: Take the chains of a source together. (default: :obj:`False`)

    Yields:
        A query a chain, or a source, in order; one with a reason for what cannot be read.

    Raises:
        ConfigError: If chains and ranges are given.
        StructureError: If the ranges are malformed.
    """
    if chains is not None and ranges is not None:
        raise ConfigError("chains or ranges: the ranges name their chains themselves")
    parsed = None if ranges is None else parse_ranges(ranges)
    for source in sources:
        shown = source.name if isinstance(source, Structure) else fspath(source)
        try:
            structure = _structure(source, chains)
            if parsed is not None:
                part = cut_ranges(structure, parsed)
                yield _query(shown, replace(part, name=f"{part.name}_{ranges}"))
                continue
            parts = [structure] if complexes else structure.split_chains()
            for part in parts:
                chain = "" if complexes else "".join(part.chain_ids)
                yield _query(shown, replace(part, name=f"{part.name}_{chain}") if chain else part)
        except ProteinGraphError as error:
            yield Query(shown, reason=str(error))


def _structure(source: Source, chains: Sequence[str] | None) -> Structure:
    if not isinstance(source, Structure):
        return read_structure(source, chains=chains)
    if chains is None:
        return source
    return cut_ranges(source, ",".join(f"{chain}:" for chain in chains))


def _query(source: str, part: Structure) -> Query:
    graph = part.to_data()
    if not graph.num_nodes:
        return Query(source, reason=f"{source}: no residue with CA in {part!r}")
    return Query(source, graph)
