"""Structures of CATH's domains: from its archive of chopped files, or chopped from entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

from torch_geometric.data import Data

from proteingraph.datasets.archive import read_members
from proteingraph.datasets.cath.boundaries import ChainDomains, domain_ranges
from proteingraph.datasets.entries import EntrySource
from proteingraph.datasets.folder import Failure
from proteingraph.errors import DatasetError, DownloadError, ProteinGraphError
from proteingraph.io import ResidueRange, Structure, cut_ranges, read_structure

__all__ = ["chop_entries", "cut_domain", "read_domain_archive"]

UNNAMED_CHAIN = "0"
"""How CATH writes a chain that had no name."""


def read_domain_archive(
    path: Path, wanted: Iterable[str], failures: dict[str, Failure]
) -> Iterator[Data]:
    """Read chopped domains from CATH's archive of PDB files.

    Args:
        path: `cath-dataset-nonredundant-S40.pdb.tgz`, with members such as `dompdb/1oaiA00`.
        wanted: names of the domains to read.
        failures: gets the domains that cannot be read, or are absent, by name.

    Yields:
        A graph for each domain, in the order of the archive.

    Raises:
        DatasetError: if the archive is damaged or not to be trusted.
    """
    absent = dict.fromkeys(wanted)
    for member, content in read_members(path):
        name = PurePosixPath(member).name
        if name not in absent:
            continue
        del absent[name]
        try:
            yield _graph(read_structure(content, format="pdb"), name)
        except ProteinGraphError as error:
            failures[name] = Failure(path / member, f"{name}: {error}")
    failures.update({name: Failure(path, f"{name}: not in the archive") for name in absent})


def chop_entries(
    source: EntrySource,
    wanted: Iterable[str],
    chains: Mapping[str, ChainDomains],
    failures: dict[str, Failure],
) -> Iterator[Data]:
    """Cut domains out of whole entries by CATH's boundaries.

    Args:
        source: where the entries are.
        wanted: names of the domains to cut.
        chains: what `read_boundaries` returned.
        failures: gets the domains that cannot be read or cut, or whose entry is absent, by name.

    Yields:
        A graph for each domain, entry by entry.

    Raises:
        DownloadError: if a server of entries is away.
    """
    of_entry: dict[str, list[str]] = {}
    for name in wanted:
        of_entry.setdefault(name[:4], []).append(name)
    for code, names in of_entry.items():
        path = Path(code)
        try:
            path = source.find(code)
            entry = read_structure(path)
        except ProteinGraphError as error:
            if isinstance(error, DownloadError) and not error.missing:
                raise
            failures.update({name: Failure(path, f"{name}: {error}") for name in names})
            continue
        for name in names:
            try:
                yield _graph(cut_domain(entry, domain_ranges(chains, name)), name)
            except ProteinGraphError as error:
                failures[name] = Failure(path, f"{name}: {error}")


def cut_domain(entry: Structure, ranges: Iterable[ResidueRange]) -> Structure:
    """Cut a domain out of its entry.

    Args:
        entry: the whole entry.
        ranges: what the domain consists of. Chain `0` is a chain of that name, or else the one
            without a name, or else (the PDB named such chains A in 2007) the only chain.

    Returns:
        The residues, stretch by stretch in the order of the ranges.

    Raises:
        StructureError: if a chain or stretch is not in the entry.
    """
    chains = entry.chain_ids
    named = UNNAMED_CHAIN
    if UNNAMED_CHAIN not in chains:
        named = "" if "" in chains else chains[0] if len(chains) == 1 else UNNAMED_CHAIN
    return cut_ranges(
        entry,
        [replace(one, chain=named) if one.chain == UNNAMED_CHAIN else one for one in ranges],
    )


def _graph(structure: Structure, name: str) -> Data:
    graph = replace(structure, name=name).to_data()
    if not graph.num_nodes:
        raise DatasetError("no residue with CA")
    return graph
