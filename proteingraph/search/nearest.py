"""Nearest neighbors among the unit vectors of an index."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from proteingraph.errors import DatasetError
from proteingraph.search.layout import GRAPH, VECTORS, Record

if TYPE_CHECKING:
    from usearch.index import Index as Graph

__all__ = ["EXACT_UP_TO", "Neighbors", "build_graph", "unit_vectors"]

EXACT_UP_TO = 30_000
"""Entries up to which all are compared; above, likely ones come from a graph (HNSW).

The graph needs usearch; without it all are compared whatever their number, which takes longer.
"""

LINKS, WIDTH_TO_BUILD = 16, 128
WIDTH_TO_SEARCH = 2048
"""Candidates kept in view: among a million, 0.98 of the 10 nearest are found; 0.84 with 128."""

_BLOCK = 1 << 14


def unit_vectors(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    """Bring vectors to length 1; those that are zero or not finite become NaN.

    Args:
        vectors: ``[n, D]``.
    """
    values = np.asarray(vectors, np.float64)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        unit = values / np.linalg.norm(values, axis=1, keepdims=True)
    unit[~np.isfinite(unit).all(axis=1)] = np.nan
    out: NDArray[np.float32] = unit.astype(np.float32)
    return out


def build_graph(folder: Path, entries: int, columns: int) -> bool:
    """Link the vectors of an index to their neighbors (HNSW), for search without looking at all.

    One thread inserts them in their order, so that the graph depends on nothing else (Malkov &
    Yashunin, https://arxiv.org/abs/1603.09320).

    Args:
        folder: Folder of the index.
        entries: Number of vectors.
        columns: Length of each.

    Returns:
        Whether usearch is installed, without which there is no graph.
    """
    usearch = _usearch()
    if usearch is None:
        return False
    graph = usearch.Index(
        ndim=columns, metric="ip", dtype="f16", connectivity=LINKS, expansion_add=WIDTH_TO_BUILD
    )
    vectors = _mapped(folder / VECTORS, entries, columns)
    for first in range(0, entries, _BLOCK):
        block = np.array(vectors[first : first + _BLOCK])
        graph.add(np.arange(first, first + len(block)), block, threads=1)
    graph.save(folder / GRAPH)
    return True


class Neighbors:
    """Search among the vectors of an index, which stay in their file until they are needed.

    Args:
        folder: Folder of the index.
        record: What it holds.

    Attributes:
        exact: Whether all entries are compared, so that the nearest are found for certain.
    """

    def __init__(self, folder: Path, record: Record) -> None:
        self._vectors = _mapped(folder / VECTORS, record.entries, record.columns)
        usearch = _usearch() if GRAPH in record.files else None
        self._graph = None if usearch is None else _open_graph(usearch, folder / GRAPH)
        self.exact = self._graph is None
        self._kept: dict[int, NDArray[np.float32]] = {}

    def __call__(
        self, queries: NDArray[np.float32], k: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Find the entries of largest cosine; of equal ones, the first come first.

        Args:
            queries: Unit vectors, ``[q, D]``.
            k: How many to find; as many as there are, if there are fewer.

        Returns:
            Numbers of entries and their cosines, each ``[q, min(k, n)]``, the largest first.
        """
        k = min(k, len(self._vectors))
        if k < 1 or not len(queries):
            return np.zeros((len(queries), 0), np.int64), np.zeros((len(queries), 0), np.float32)
        graph = self._graph
        found = self._all(queries, k) if graph is None else self._likely(graph, queries, k)
        entries, cosines = _largest(*found, k)
        return entries, cosines.clip(-1, 1)  # half precision makes vectors a little longer, too

    def _all(
        self, queries: NDArray[np.float32], k: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The k largest of each block of entries."""
        entries, cosines = [], []
        for first in range(0, len(self._vectors), _BLOCK):
            cosine = queries @ self._block(first).T
            inside = np.tile(np.arange(cosine.shape[1]), (len(queries), 1))
            inside, cosine = _largest(inside, cosine, k)
            entries.append(inside + first)
            cosines.append(cosine)
        return np.concatenate(entries, axis=1), np.concatenate(cosines, axis=1)

    def _block(self, first: int) -> NDArray[np.float32]:
        """A block of vectors in single precision: of few entries kept, for that takes longest."""
        if first in self._kept:
            return self._kept[first]
        block = self._vectors[first : first + _BLOCK].astype(np.float32)
        if len(self._vectors) <= EXACT_UP_TO:
            self._kept[first] = block
        return block

    def _likely(
        self, graph: Graph, queries: NDArray[np.float32], k: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """What the graph finds, with cosines computed as for all."""
        matches = graph.search(queries, k, threads=1)
        entries = np.atleast_2d(np.asarray(matches.keys)).astype(np.int64)
        vectors = self._vectors[entries].astype(np.float32)
        return entries, np.einsum("qkd,qd->qk", vectors, queries)


def _largest(
    entries: NDArray[np.int64], cosines: NDArray[np.float32], k: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The k entries of largest cosine of each row, in order; of equal ones, the first."""
    if cosines.shape[1] > 4 * k:  # all above the k-th largest, and all that equal it
        least = np.partition(cosines, -k, axis=1)[:, -k:].min(axis=1, keepdims=True)
        width = int((cosines >= least).sum(axis=1).max())
        some = np.argpartition(-cosines, width - 1, axis=1)[:, :width]
        entries = np.take_along_axis(entries, some, 1)
        cosines = np.take_along_axis(cosines, some, 1)
    order = np.lexsort((entries, -cosines), axis=1)[:, :k]
    return np.take_along_axis(entries, order, 1), np.take_along_axis(cosines, order, 1)


def _mapped(path: Path, entries: int, columns: int) -> NDArray[np.float16]:
    if not entries:
        return np.zeros((0, columns), np.float16)
    with path.open("rb") as file:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return np.frombuffer(content, "<f2").reshape(entries, columns)


def _open_graph(usearch: Any, path: Path) -> Graph:
    try:
        graph: Graph = usearch.Index.restore(path, view=True, expansion_search=WIDTH_TO_SEARCH)
    except (RuntimeError, ValueError) as error:
        raise DatasetError(
            f"{path}: cannot be read ({error}): restore it from a copy, or build the index again"
        ) from error
    return graph


def _usearch() -> Any:
    """The library of the graph, or None where it is not installed."""
    try:
        # First, for exceptions inside of torch never end where usearch was loaded before it: what
        # an index is searched with is loaded before the network that embeds what is searched for.
        import torch  # noqa: F401
        import usearch.index
    except ImportError:
        return None
    return usearch.index
