"""Structures of SCOPe domains: ASTRAL's files of them, or cut out of whole entries."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from proteingraph.datasets.archive import read_members
from proteingraph.datasets.entries import EntrySource
from proteingraph.datasets.folder import Failure
from proteingraph.datasets.scope.classification import ScopeDomain
from proteingraph.errors import DownloadError, ProteinGraphError
from proteingraph.io import Structure, cut_ranges, read_structure

__all__ = ["cut_domain", "cut_entries", "read_pdbstyle"]


def read_pdbstyle(
    sources: Sequence[Path], domains: Mapping[str, ScopeDomain], failures: list[Failure]
) -> Iterator[Structure]:
    """Read structures of domains from ASTRAL's files, such as `pdbstyle-2.08/dl/d1dlwa_.ent`.

    Args:
        sources: archives of such files, or folders of them.
        domains: domains to read, by `sid`.
        failures: gets what cannot be read, and domains that have no file.

    Yields:
        Structures, named by `sid`, in the order of the files.

    Raises:
        DatasetError: if an archive is damaged or not what it should be.
    """
    missing = dict(domains)
    for source in sources:
        for name, content in _files(source, domains):
            sid = PurePosixPath(name).stem
            if missing.pop(sid, None) is None:
                continue
            path = source / name
            try:
                yield read_structure(_NamedBytes(content, str(path)))
            except ProteinGraphError as error:
                failures.append(Failure(path, f"{sid}: {error}"))
    for sid in missing:
        where = " or ".join(str(source) for source in sources)
        failures.append(Failure(Path(f"{sid}.ent"), f"{sid}: listed, but {where} has no such file"))


def cut_entries(
    source: EntrySource, domains: Iterable[ScopeDomain], failures: list[Failure]
) -> Iterator[Structure]:
    """Cut domains out of whole entries.

    Args:
        source: where the entries are.
        domains: domains to cut.
        failures: gets domains that cannot be cut, and those whose entry is absent or unreadable.

    Yields:
        Structures, named by `sid`, entry by entry.

    Raises:
        DownloadError: if a server of entries is away.
    """
    of_entry = defaultdict(list)
    for domain in domains:
        of_entry[domain.pdb_id].append(domain)
    for pdb_id, listed in of_entry.items():
        path = Path(pdb_id)
        try:
            path = source.find(pdb_id)
            entry = read_structure(path)
        except ProteinGraphError as error:
            if isinstance(error, DownloadError) and not error.missing:
                raise
            failures += [Failure(path, f"{domain.sid}: {error}") for domain in listed]
            continue
        for domain in listed:
            try:
                yield cut_domain(entry, domain)
            except ProteinGraphError as error:
                failures.append(Failure(path, f"{domain.sid}: {error}"))


def cut_domain(entry: Structure, domain: ScopeDomain) -> Structure:
    """Cut a domain out of its entry.

    A chain without a name is the entry's only chain, whatever that is called: the wwPDB has since
    given a name to every chain.

    Args:
        entry: all chains of the entry, numbered by the author.
        domain: what to cut.

    Returns:
        The domain's residues in the order of its region, named by `sid`.

    Raises:
        StructureError: if the region is malformed, or a range of it not in the entry.
    """
    ranges = domain.ranges()
    chains = entry.chain_ids
    if len(chains) == 1:
        ranges = [one if one.chain else replace(one, chain=chains[0]) for one in ranges]
    return replace(cut_ranges(entry, ranges) if ranges else entry, name=domain.sid)


def _files(source: Path, domains: Mapping[str, ScopeDomain]) -> Iterator[tuple[str, bytes]]:
    """Name and content of the files of an archive, or of those of the domains in a folder."""
    if not source.is_dir():
        yield from read_members(source)
        return
    for path in sorted(source.rglob("*.ent")):
        if path.stem in domains:
            yield str(path.relative_to(source)), path.read_bytes()


class _NamedBytes(io.BytesIO):
    """Content of a file, with the name that messages about it are to give."""

    def __init__(self, content: bytes, name: str) -> None:
        super().__init__(content)
        self.name = name
