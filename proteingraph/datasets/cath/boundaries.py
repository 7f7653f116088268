"""Boundaries of CATH's domains in their chains (CDF), by the numbers of the PDB entries."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from os import PathLike

from proteingraph.datasets.lines import read_lines, wrong_line
from proteingraph.errors import DatasetError
from proteingraph.io import ResidueRange

__all__ = ["ChainDomains", "domain_ranges", "read_boundaries"]

_CHAIN = re.compile(r"[0-9][0-9a-z]{3}[0-9A-Za-z]")
_COUNT = re.compile(r"[DF]([0-9]+)")
_SIZE = re.compile(r"\([0-9]+\)")

Ranges = tuple[ResidueRange, ...]


@dataclass(frozen=True, slots=True)
class ChainDomains:
    """A row of the boundaries file.

    Attributes:
        chain: PDB code and chain, such as `1cnsA`; a chain without a name is `0`.
        domains: stretches of the first, second, ... domain, in the order of the file.
        fragments: stretches that belong to no domain.
    """

    chain: str
    domains: tuple[Ranges, ...]
    fragments: Ranges


def read_boundaries(
    path: str | PathLike[str], wanted: Container[str] | None = None
) -> dict[str, ChainDomains]:
    """Read a CATH domall file (CDF, format 2.0), such as `cath-domain-boundaries-v4_3_0.txt`.

    After the chain, a row has the numbers of domains and of fragments; for each domain the number
    of its stretches and, for each of them, chain, residue number and insertion code (`-` for none)
    of both ends; then the fragments, each with the number of its residues in parentheses
    (`README-cath-domain-boundaries-file-format.txt` of the releases).

    Args:
        path: file, also packed with gzip.
        wanted: chains to keep, such as `1cnsA`. Default: all, a quarter of a million.

    Returns:
        Domains of each chain.

    Raises:
        DatasetError: if the file cannot be read, or a row is not of that format.
    """
    chains: dict[str, ChainDomains] = {}
    for number, line in read_lines(path):
        if wanted is not None and line[:5] not in wanted:
            continue
        fields = iter(line.split())
        try:
            row = _parse(fields)
        except StopIteration:
            raise wrong_line(path, number, "ends before all domains and fragments") from None
        except ValueError as error:
            raise wrong_line(path, number, str(error)) from None
        if left := list(fields):
            problem = f"{' '.join(left)[:40]!r} is left over after all domains and fragments"
            raise wrong_line(path, number, problem)
        if row.chain in chains:
            raise wrong_line(path, number, f"{row.chain} occurs twice")
        chains[row.chain] = row
    return chains


def domain_ranges(chains: Mapping[str, ChainDomains], name: str) -> Ranges:
    """Look up what a domain consists of.

    A chain that is one domain and has no fragments is the domain `00`.

    Args:
        chains: what `read_boundaries` returned.
        name: name of the domain, such as `1cnsA01`.

    Returns:
        Its stretches; the whole chain for `00` if the file does not list the chain, as in format
        1.0, where only divided chains are.

    Raises:
        DatasetError: if the file lacks the domain.
    """
    row, number = chains.get(name[:5]), int(name[5:])
    if number == 0 and row is None:
        return (ResidueRange(name[4]),)
    count = 0 if row is None else len(row.domains)
    if row is not None and (number in range(1, count + 1) or (number, count) == (0, 1)):
        return row.domains[max(number, 1) - 1]
    raise DatasetError(f"{name}: the boundaries file has {count} domains of chain {name[:5]}")


def _parse(fields: Iterator[str]) -> ChainDomains:
    """Take a row's fields one by one; ValueError says which is wrong."""
    chain = next(fields)
    if not _CHAIN.fullmatch(chain):
        raise ValueError(f"{chain!r} is no chain: expected such as '1cnsA'")
    domain_count, fragment_count = _count(next(fields), "D"), _count(next(fields), "F")
    domains = []
    for _ in range(domain_count):
        segments = next(fields)
        if not segments.isdecimal() or int(segments) == 0:
            raise ValueError(f"{segments!r} is no number of stretches")
        domains.append(tuple([_range(fields) for _ in range(int(segments))]))
    fragments = []
    for _ in range(fragment_count):
        fragments.append(_range(fields))
        size = next(fields)
        if not _SIZE.fullmatch(size):
            raise ValueError(f"{size!r} is no number of residues in parentheses")
    return ChainDomains(chain, tuple(domains), tuple(fragments))


def _count(field: str, letter: str) -> int:
    found = _COUNT.fullmatch(field)
    if not found or field[0] != letter:
        raise ValueError(f"{field!r} is no count: expected such as '{letter}02'")
    return int(found[1])


def _range(fields: Iterator[str]) -> ResidueRange:
    """Take chain, number and insertion code of the first residue, then of the last."""
    # A list, not a generator: StopIteration must reach the caller.
    chain, first, first_code, other, last, last_code = [next(fields) for _ in range(6)]
    if chain != other:
        raise ValueError(f"a stretch from chain {chain} to chain {other}")
    return ResidueRange(chain, _residue(first, first_code), _residue(last, last_code))


def _residue(number: str, code: str) -> tuple[int, str]:
    if len(code) != 1:
        raise ValueError(f"{code!r} is no insertion code: expected a letter, or '-' for none")
    return int(number), "" if code == "-" else code
