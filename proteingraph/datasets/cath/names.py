"""Names of CATH's classes, architectures, topologies and superfamilies (CNF)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from os import PathLike

from proteingraph.datasets.cath.domain_name import check_name
from proteingraph.datasets.lines import read_lines, wrong_line

__all__ = ["CathNode", "read_names"]

_LINE = re.compile(r"([0-9]+(?:\.[0-9]+)*)\s+(\S+)\s+:\s*(.*)")


@dataclass(frozen=True, slots=True)
class CathNode:
    """A node of the hierarchy.

    Attributes:
        code: numbers down to the node, such as `1.10.8`.
        example: name of a domain that represents it.
        name: its name; empty if it has none, as many superfamilies.
    """

    code: str
    example: str
    name: str


def read_names(path: str | PathLike[str]) -> dict[str, CathNode]:
    """Read a CATH names file (CNF, format 2.0), such as `cath-names-v4_3_0.txt`.

    A line is the node's code, its representative, and its name after a colon
    (`README-cath-names-file-format.txt` of the releases).

    Args:
        path: file, also packed with gzip.

    Returns:
        Nodes by code, in the order of the file.

    Raises:
        DatasetError: if the file cannot be read, or a line is not of that format.
    """
    nodes: dict[str, CathNode] = {}
    for number, line in read_lines(path):
        found = _LINE.fullmatch(line)
        if not found:
            problem = f"{line[:40]!r} is no node: expected '1.10 1oaiA00 :Orthogonal Bundle'"
            raise wrong_line(path, number, problem)
        code, example, name = found.groups()
        nodes[code] = CathNode(code, check_name(example, path, number), name)
    return nodes
