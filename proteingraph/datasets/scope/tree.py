"""SCOPe's tree of nodes: what each is called (`dir.des`) and how they hang together (`dir.hie`)."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike

from proteingraph.datasets.lines import wrong_line
from proteingraph.datasets.scope.classification import NODE_LEVELS
from proteingraph.datasets.scope.rows import read_rows

__all__ = ["NodeLinks", "ScopeNode", "read_descriptions", "read_hierarchy"]

NONE = "-"


@dataclass(frozen=True, slots=True)
class ScopeNode:
    """One node of the tree.

    Attributes:
        sunid: its number.
        level: `cl`, `cf`, `sf`, `fa`, `dm`, `sp` or `px`: class, fold, superfamily, family,
            protein, species or domain.
        sccs: code down to the level, but not below the family: `a`, `a.1`, `a.1.1`, `a.1.1.2`.
        sid: identifier of a domain, `None` above.
        description: its name; entry and region of a domain, such as `1dlw A:`.
    """

    sunid: int
    level: str
    sccs: str
    sid: str | None
    description: str


@dataclass(frozen=True, slots=True)
class NodeLinks:
    """The nodes next to a node.

    Attributes:
        parent: `sunid` of the node above, `None` for the root (whose own is 0).
        children: `sunid` of each node below, none for a domain.
    """

    parent: int | None
    children: tuple[int, ...]


def read_descriptions(path: str | PathLike[str]) -> dict[int, ScopeNode]:
    """Read the names of nodes, `dir.des.scope.2.08-stable.txt` or that of another release.

    A row has five columns: `sunid`, level, `sccs`, `sid` (`-` if the node is no domain), and
    description (https://scop.berkeley.edu/help/ver=2.08).

    Args:
        path: file to read.

    Returns:
        Nodes by `sunid`, in the order of the file. The root is not among them.

    Raises:
        DatasetError: if the file cannot be read, a row is malformed, or a node occurs twice.
    """
    nodes: dict[int, ScopeNode] = {}
    for number, (sunid, level, sccs, sid, description) in read_rows(
        path, "sunid level sccs sid description"
    ):
        node = _number(sunid, path, number)
        if level not in NODE_LEVELS:
            problem = f"level {level!r}, expected one of {', '.join(NODE_LEVELS)}"
            raise wrong_line(path, number, problem)
        if node in nodes:
            raise wrong_line(path, number, f"node {node} occurs twice")
        nodes[node] = ScopeNode(node, level, sccs, None if sid == NONE else sid, description)
    return nodes


def read_hierarchy(path: str | PathLike[str]) -> dict[int, NodeLinks]:
    """Read how nodes hang together, `dir.hie.scope.2.08-stable.txt` or that of another release.

    A row has three columns: `sunid`, that of the parent (`-` for the root), and those of the
    children with commas between them (`-` if there are none)
    (https://scop.berkeley.edu/help/ver=2.08).

    Args:
        path: file to read.

    Returns:
        Links of each node by `sunid`, in the order of the file.

    Raises:
        DatasetError: if the file cannot be read, a row is malformed, or a node occurs twice.
    """
    links: dict[int, NodeLinks] = {}
    for number, (sunid, parent, children) in read_rows(path, "sunid parent children"):
        node = _number(sunid, path, number)
        if node in links:
            raise wrong_line(path, number, f"node {node} occurs twice")
        links[node] = NodeLinks(
            None if parent == NONE else _number(parent, path, number),
            ()
            if children == NONE
            else tuple(_number(child, path, number) for child in children.split(",")),
        )
    return links


def _number(text: str, path: str | PathLike[str], line: int) -> int:
    if not text.isdigit():
        raise wrong_line(path, line, f"node {text!r} is not a number")
    return int(text)
