"""Domains as texts of ranges: choppings in SEQRES numbers, and CATH's daily release."""

from __future__ import annotations

import re
from dataclasses import dataclass
from os import PathLike

from proteingraph.datasets.cath.domain_name import check_name
from proteingraph.datasets.lines import read_lines, wrong_line
from proteingraph.io import ResidueRange

__all__ = ["DailyDomain", "read_daily", "read_seqres_chopping"]

_SPAN = re.compile(r"([0-9]+)-([0-9]+)")
_RESIDUE = r"(-?[0-9]+)([A-Za-z]?)"
_STRETCH = re.compile(rf"{_RESIDUE}-{_RESIDUE}:([0-9A-Za-z])")
_CODE = re.compile(r"[0-9]+(\.[0-9]+){3}")


@dataclass(frozen=True, slots=True)
class DailyDomain:
    """A row of the daily release.

    Attributes:
        name: name of the domain, such as `1cukA01`.
        status: release that the domain was in, such as `v4_3_0`, or `putative`.
        code: class, architecture, topology and superfamily.
        ranges: what it consists of, by the numbers of the PDB entry.
    """

    name: str
    status: str
    code: str
    ranges: tuple[ResidueRange, ...]


def read_seqres_chopping(path: str | PathLike[str]) -> dict[str, tuple[tuple[int, int], ...]]:
    """Read boundaries by position in SEQRES, `cath-domain-boundaries-seqreschopping.txt`.

    A line is a domain's name and its stretches: `3hgnA02 13-111,228-240`. The file also has domains
    that are not classified (yet), and so not in the domain list.

    Args:
        path: file, also packed with gzip.

    Returns:
        First and last position of each stretch, both included, from 1, for each domain. They are
        mmCIF's `label_seq_id`.

    Raises:
        DatasetError: if the file cannot be read, or a line is not of that format.
    """
    domains: dict[str, tuple[tuple[int, int], ...]] = {}
    for number, line in read_lines(path):
        name, _, text = line.partition("\t") if "\t" in line else line.partition(" ")
        spans = [_SPAN.fullmatch(part.strip()) for part in text.split(",")]
        found = tuple((int(span[1]), int(span[2])) for span in spans if span)
        if len(found) != len(spans) or any(not 1 <= first <= last for first, last in found):
            raise wrong_line(path, number, f"{text!r}: expected stretches such as '13-111,228-240'")
        domains[check_name(name, path, number)] = found
    return domains


def read_daily(path: str | PathLike[str]) -> dict[str, DailyDomain]:
    """Read a file of the daily release, `cath-b-newest-all.gz`.

    A line is a domain's name, its status, its superfamily, and its stretches with the chain behind
    a colon and insertion codes behind the numbers: `1B-99C:S,103-110:S` (the README of CATH's
    download page, and the chopping format of UCLOrengoGroup/cath-tools).

    Args:
        path: file, packed with gzip or not.

    Returns:
        Domains by name.

    Raises:
        DatasetError: if the file cannot be read, or a line is not of that format.
    """
    domains: dict[str, DailyDomain] = {}
    for number, line in read_lines(path):
        fields = line.split()
        if len(fields) != 4:
            problem = f"{len(fields)} columns, expected domain, status, superfamily and chopping"
            raise wrong_line(path, number, problem)
        name, status, code, text = fields
        if not _CODE.fullmatch(code):
            raise wrong_line(path, number, f"{code!r} is no superfamily: expected 1.10.8.10")
        stretches = [_STRETCH.fullmatch(part) for part in text.split(",")]
        ranges = tuple(
            ResidueRange(found[5], (int(found[1]), found[2]), (int(found[3]), found[4]))
            for found in stretches
            if found
        )
        if len(ranges) != len(stretches):
            raise wrong_line(path, number, f"{text!r}: expected such as '7-232:K,310A-470:K'")
        domains[check_name(name, path, number)] = DailyDomain(name, status, code, ranges)
    return domains
