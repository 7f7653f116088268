"""Ways to find the nearest of many vectors: what an index of structures could be made of."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ENGINES", "Engine", "open_and_search"]

Vectors = NDArray[np.float32]
Search = Callable[[Vectors, int], NDArray[np.int64]]

LINKS, WIDTH_TO_BUILD, WIDTH_TO_SEARCH = 16, 128, 2048
"""Of the graphs (HNSW): links of a vector, and candidates kept in view."""
PROBES = 32
"""Lists of an inverted file that are looked through; there are four times the root of n."""
TRAINED = 64
"""Vectors for each list that its centres are fitted to."""
RESCORED = 1000
"""Of bits: candidates whose similarity is computed in half precision."""


@dataclass(frozen=True)
class Engine:
    """A way to search unit vectors by their inner product, which is the cosine.

    Attributes:
        build: Writes vectors ``[n, D]`` to a folder.
        open: Opens what was written, for a number of threads; what it returns takes queries
            ``[q, D]`` and a number k and returns the rows of the nearest, ``[q, k]``.
        exact: Whether the nearest are found for certain, but for rounding.
    """

    build: Callable[[Vectors, Path], None]
    open: Callable[[Path], Search]
    exact: bool = field(default=False)


def _save(kind: type[np.generic]) -> Callable[[Vectors, Path], None]:
    return lambda vectors, folder: np.save(folder / "vectors.npy", vectors.astype(kind))


def _mapped(folder: Path) -> Any:
    return np.load(folder / "vectors.npy", mmap_mode="r")


def _rows(matches: Any) -> NDArray[np.int64]:
    """Rows that usearch found, also of a single query as ``[1, k]``."""
    return np.atleast_2d(matches.keys).astype(np.int64)


def _numpy(folder: Path) -> Search:
    vectors = _mapped(folder)

    def search(queries: Vectors, k: int) -> NDArray[np.int64]:
        similarity = queries @ vectors.T
        found = np.argpartition(-similarity, k, axis=1)[:, :k]
        order = np.argsort(-np.take_along_axis(similarity, found, 1), axis=1)
        return np.take_along_axis(found, order, 1)

    return search


def _usearch_exact(folder: Path) -> Search:
    from usearch.index import MetricKind
    from usearch.index import search as exact

    vectors = _mapped(folder)

    def search(queries: Vectors, k: int) -> NDArray[np.int64]:
        return _rows(exact(vectors, queries, k, MetricKind.IP, exact=True, threads=1))

    return search


def _build_usearch(kind: str) -> Callable[[Vectors, Path], None]:
    def build(vectors: Vectors, folder: Path) -> None:
        from usearch.index import Index

        graph = Index(
            ndim=vectors.shape[1],
            metric="ip",
            dtype=kind,
            connectivity=LINKS,
            expansion_add=WIDTH_TO_BUILD,
        )
        graph.add(np.arange(len(vectors)), vectors, threads=1)
        graph.save(folder / "graph.usearch")

    return build


def _usearch_graph(folder: Path) -> Search:
    from usearch.index import Index

    graph = Index.restore(folder / "graph.usearch", view=True)
    assert graph is not None
    graph.expansion_search = WIDTH_TO_SEARCH

    def search(queries: Vectors, k: int) -> NDArray[np.int64]:
        return _rows(graph.search(queries, k, threads=1))

    return search


def _build_bits(vectors: Vectors, folder: Path) -> None:
    _save(np.float16)(vectors, folder)
    center = vectors[:: max(1, len(vectors) // 100_000)].mean(0)
    np.save(folder / "center.npy", center)
    np.save(folder / "bits.npy", np.packbits(vectors > center, axis=1))


def _faiss_bits(folder: Path) -> Search:
    import faiss

    faiss.omp_set_num_threads(1)
    vectors, center = _mapped(folder), np.load(folder / "center.npy")
    bits = np.load(folder / "bits.npy")
    index = faiss.IndexBinaryFlat(8 * bits.shape[1])
    index.add(bits)

    def search(queries: Vectors, k: int) -> NDArray[np.int64]:
        asked = np.packbits(queries > center, axis=1)
        found = np.sort(index.search(asked, min(RESCORED, len(vectors)))[1], axis=1)
        similarity = np.einsum("qcd,qd->qc", vectors[found].astype(np.float32), queries)
        order = np.argsort(-similarity, axis=1)[:, :k]
        return np.take_along_axis(found, order, 1)

    return search


def _build_faiss(make: Callable[[Any, Vectors], Any]) -> Callable[[Vectors, Path], None]:
    def build(vectors: Vectors, folder: Path) -> None:
        import faiss

        faiss.omp_set_num_threads(1)
        index = make(faiss, vectors)
        index.add(vectors)
        faiss.write_index(index, str(folder / "index.faiss"))

    return build


def _faiss_flat(faiss: Any, vectors: Vectors) -> Any:
    half = faiss.ScalarQuantizer.QT_fp16
    return faiss.IndexScalarQuantizer(vectors.shape[1], half, faiss.METRIC_INNER_PRODUCT)


def _faiss_graph(faiss: Any, vectors: Vectors) -> Any:
    half = faiss.ScalarQuantizer.QT_fp16
    index = faiss.IndexHNSWSQ(vectors.shape[1], half, LINKS, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = WIDTH_TO_BUILD
    return index


def _faiss_lists(faiss: Any, vectors: Vectors) -> Any:
    count, columns = vectors.shape
    lists = int(4 * count**0.5)
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(columns),
        columns,
        lists,
        faiss.ScalarQuantizer.QT_fp16,
        faiss.METRIC_INNER_PRODUCT,
        False,
    )
    index.cp.niter = 10
    index.train(vectors[:: max(1, count // (TRAINED * lists))])
    return index


def _faiss(folder: Path) -> Search:
    import faiss

    faiss.omp_set_num_threads(1)
    index = faiss.read_index(str(folder / "index.faiss"), faiss.IO_FLAG_MMAP)
    if hasattr(index, "nprobe"):
        index.nprobe = PROBES
    elif hasattr(index, "hnsw"):
        index.hnsw.efSearch = WIDTH_TO_SEARCH
    return lambda queries, k: index.search(queries, k)[1]


ENGINES = {
    "numpy, exact, float32": Engine(_save(np.float32), _numpy, exact=True),
    "usearch, exact, float16": Engine(_save(np.float16), _usearch_exact, exact=True),
    "faiss, exact, float16": Engine(_build_faiss(_faiss_flat), _faiss, exact=True),
    "faiss, bits, then float16": Engine(_build_bits, _faiss_bits),
    "faiss, lists (IVF), float16": Engine(_build_faiss(_faiss_lists), _faiss),
    "usearch, graph (HNSW), float16": Engine(_build_usearch("f16"), _usearch_graph),
    "usearch, graph (HNSW), int8": Engine(_build_usearch("i8"), _usearch_graph),
    "faiss, graph (HNSW), float16": Engine(_build_faiss(_faiss_graph), _faiss),
}
"""What is compared, by name."""


def memory() -> dict[str, float]:
    """Memory of this process in MiB: its own, and what it maps of files."""
    with open("/proc/self/status", encoding="utf-8") as file:
        lines = dict(line.split(":", 1) for line in file)
    return {name: int(lines[name].split()[0]) / 1024 for name in ("RssAnon", "RssFile")}


def open_and_search(name: str, folder: Path, k: int) -> dict[str, Any]:
    """Open what an engine wrote and search it, each query alone, in a process that is new.

    Args:
        name: Name of the engine.
        folder: What it was built in; `queries.npy` lies beside it.
        k: How many neighbors to find.
    """
    queries = np.load(folder.parent / "queries.npy")
    before, start = memory(), time.perf_counter()
    search = ENGINES[name].open(folder)
    search(queries[:1], k)
    cold, seconds, used, found = time.perf_counter() - start, [], [], []
    for row in range(len(queries)):
        start, start_of_process = time.perf_counter(), time.process_time()
        found.append(search(queries[row : row + 1], k)[0].tolist())
        seconds.append(time.perf_counter() - start)
        used.append(time.process_time() - start_of_process)
    after = memory()
    return {
        "seconds_to_first_answer": cold,
        "median_ms": 1000 * float(np.median(seconds)),
        "slowest_tenth_ms": 1000 * float(np.quantile(seconds, 0.9)),
        # Which other work on the machine disturbs less.
        "median_processor_ms": 1000 * float(np.median(used)),
        "mib_own": after["RssAnon"] - before["RssAnon"],
        "mib_mapped": after["RssFile"] - before["RssFile"],
        "found": found,
    }


if __name__ == "__main__":
    json.dump(open_and_search(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])), sys.stdout)
