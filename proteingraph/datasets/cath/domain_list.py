"""CATH's list of all classified domains (CLF), and lists of names."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from os import PathLike

from proteingraph.datasets.cath.domain_name import check_name
from proteingraph.datasets.lines import read_lines, wrong_line

__all__ = ["CLUSTERS", "CathDomain", "cluster_heads", "read_domain_list", "read_name_list"]

CLUSTERS = ("S35", "S60", "S95", "S100")
"""Levels below the superfamily: clusters at 35, 60, 95 and 100 % sequence identity."""

_COLUMNS = 12
_NMR, _OBSOLETE = 999.0, 1000.0


@dataclass(frozen=True, slots=True)
class CathDomain:
    """A row of the domain list.

    Attributes:
        name: PDB code, chain and number of the domain, such as `1cukA03`; the number is 00 if the
            domain is the whole chain, the chain `0` if it had no name.
        code: class, architecture, topology and superfamily, such as `1.10.8.10`.
        clusters: numbers of the S35, S60, S95 and S100 cluster, each within the one before.
        member: number of the domain in its S100 cluster.
        length: number of residues.
        resolution: resolution in Å; NaN for NMR and obsolete entries.
        obsolete: whether the PDB entry was obsolete when CATH was released.
    """

    name: str
    code: str
    clusters: tuple[int, int, int, int]
    member: int
    length: int
    resolution: float
    obsolete: bool

    def cluster_code(self, cluster: str) -> str:
        """Return the code down to a cluster, such as `1.10.8.10.3` for `S35`."""
        depth = CLUSTERS.index(cluster) + 1
        return ".".join((self.code, *map(str, self.clusters[:depth])))


def read_domain_list(path: str | PathLike[str]) -> dict[str, CathDomain]:
    """Read a CATH list file (CLF, format 2.0), such as `cath-domain-list-v4_3_0.txt`.

    The format is that of `README-cath-list-file-format.txt` in the `cath-classification-data`
    folder of a release: name, four numbers of the classification, five of clusters, length, and
    resolution (999 for NMR, 1000 for obsolete entries).

    Args:
        path: file, also packed with gzip. The lists of representatives, such as
            `cath-domain-list-S35.txt`, have the same format.

    Returns:
        Domains by name, in the order of the file.

    Raises:
        DatasetError: if the file cannot be read, or a line is not of that format.
    """
    domains: dict[str, CathDomain] = {}
    for number, line in read_lines(path):
        fields = line.split()
        if len(fields) != _COLUMNS:
            problem = f"{len(fields)} columns, expected the {_COLUMNS} of a CATH list file (CLF)"
            raise wrong_line(path, number, problem)
        name = check_name(fields[0], path, number)
        if name in domains:
            raise wrong_line(path, number, f"{name} occurs twice")
        try:
            numbers = [int(field) for field in fields[1:11]]
            resolution = float(fields[11])
        except ValueError as error:
            raise wrong_line(path, number, str(error)) from None
        domains[name] = CathDomain(
            name=name,
            code=".".join(map(str, numbers[:4])),
            clusters=(numbers[4], numbers[5], numbers[6], numbers[7]),
            member=numbers[8],
            length=numbers[9],
            resolution=math.nan if resolution >= _NMR else resolution,
            obsolete=resolution >= _OBSOLETE,
        )
    return domains


def cluster_heads(domains: Iterable[CathDomain], cluster: str) -> list[str]:
    """Name the representatives of clusters: the first of each in the order of the domain list.

    So does CATH (`README-cath-list-file-format.txt`, "Hierarchy node representatives").

    Args:
        domains: all domains, in the order of the list.
        cluster: one of `CLUSTERS`.

    Returns:
        Names of one domain a cluster.
    """
    heads: dict[str, str] = {}
    for domain in domains:
        heads.setdefault(domain.cluster_code(cluster), domain.name)
    return list(heads.values())


def read_name_list(path: str | PathLike[str]) -> list[str]:
    """Read names of domains, one a line, as in `cath-dataset-nonredundant-S40-v4_3_0.list`.

    Args:
        path: file, also packed with gzip; what follows a name on its line is ignored.

    Returns:
        The names.

    Raises:
        DatasetError: if the file cannot be read, or a line does not start with a domain.
    """
    return [check_name(line.split()[0], path, number) for number, line in read_lines(path)]
