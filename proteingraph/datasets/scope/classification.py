"""SCOPe's classification of domains, `dir.cla`: where each is and what it is."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from os import PathLike

from proteingraph.datasets.lines import wrong_line
from proteingraph.datasets.scope.rows import read_rows
from proteingraph.io import ResidueRange, parse_ranges

__all__ = ["NODE_LEVELS", "ScopeDomain", "parse_region", "read_classification"]

NODE_LEVELS = ("cl", "cf", "sf", "fa", "dm", "sp", "px")
"""Levels of SCOPe's tree: class, fold, superfamily, family, protein, species, domain."""

WHOLE_ENTRY = "-"

_SCCS = re.compile(r"[a-z]\.\d+\.\d+\.\d+")
_BLANK_CHAIN = re.compile(r"-?\d+[A-Za-z]?--?\d+[A-Za-z]?")


@dataclass(frozen=True, slots=True)
class ScopeDomain:
    """One domain as SCOPe lists it.

    Attributes:
        sid: stable identifier: `d`, the PDB entry, the chain in lower case (`_` for one without a
            name, `.` for several), and what tells the chain's domains apart (`_` for only one).
        pdb_id: PDB entry in lower case.
        region: what the domain consists of, such as `A:1-50,B:3A-90`; see `parse_region`.
        sccs: class, fold, superfamily and family, such as `a.1.1.2`.
        sunid: number of the domain's node, the same in all releases.
        lineage: `sunid` of each node from the class down to the domain, in the order of
            `NODE_LEVELS`, [7].
    """

    sid: str
    pdb_id: str
    region: str
    sccs: str
    sunid: int
    lineage: tuple[int, ...]

    def ranges(self) -> list[ResidueRange]:
        """Return the ranges of residues, none for the whole entry; see `parse_region`."""
        return parse_region(self.region)


def parse_region(region: str) -> list[ResidueRange]:
    """Read what a domain consists of, as SCOPe and ASTRAL write it.

    Args:
        region: ranges with commas between them: a chain (`A:`), residues of it by the author's
            numbers (`A:1-50`, `B:-3-90`, `B:3A-90`), residues of a chain without a name (`1-70`);
            or `-` for all of an entry whose only chain has no name.

    Returns:
        The ranges in the order given, which for domains of several chains is that of the gene;
        none for the whole entry.

    Raises:
        StructureError: if the text is not of that form; names the range.

    Examples:
        >>> [str(one) for one in parse_region("B:3A-90,A:")]
        ['B:3A-90', 'A']
        >>> [str(one) for one in parse_region("-5-70")]
        [':-5-70']
        >>> parse_region("-")
        []
    """
    if region.strip() == WHOLE_ENTRY:
        return []
    parts = (part.strip() for part in region.split(","))
    named = (f":{part}" if _BLANK_CHAIN.fullmatch(part) else part for part in parts)
    return parse_ranges(",".join(named))


def read_classification(
    path: str | PathLike[str], sids: Container[str] | None = None
) -> dict[str, ScopeDomain]:
    """Read a classification, `dir.cla.scope.2.08-stable.txt` or that of another release.

    A row has six columns: `sid`, PDB entry, region, `sccs`, `sunid`, and the lineage as in
    `cl=46456,cf=46457,sf=46458,fa=46459,dm=46460,sp=46461,px=14982`
    (https://scop.berkeley.edu/help/ver=2.08).

    Args:
        path: file to read.
        sids: domains to keep. Default: all.

    Returns:
        Domains by `sid`, in the order of the file.

    Raises:
        DatasetError: if the file cannot be read, a row is malformed, or a `sid` occurs twice.
    """
    domains: dict[str, ScopeDomain] = {}
    for number, (sid, pdb_id, region, sccs, sunid, lineage) in read_rows(
        path, "sid pdb_id region sccs sunid lineage"
    ):
        if sids is not None and sid not in sids:
            continue
        domain = f"domain {sid!r}"
        if sid in domains:
            raise wrong_line(path, number, f"{domain} occurs twice")
        if not _SCCS.fullmatch(sccs):
            raise wrong_line(path, number, f"{domain}: sccs {sccs!r}, expected such as a.1.1.2")
        nodes = _lineage(lineage)
        if nodes is None or not sunid.isdigit():
            expected = f"expected a number, and numbers of {', '.join(NODE_LEVELS)}"
            raise wrong_line(path, number, f"{domain}: nodes {sunid!r}, {lineage!r}; {expected}")
        domains[sid] = ScopeDomain(sid, pdb_id.lower(), region, sccs, int(sunid), nodes)
    return domains


def _lineage(text: str) -> tuple[int, ...] | None:
    """Numbers of the nodes in the order of the levels; `None` if any is missing or malformed."""
    found = dict(part.partition("=")[::2] for part in text.split(","))
    try:
        return tuple(int(found[level]) for level in NODE_LEVELS)
    except (KeyError, ValueError):
        return None
