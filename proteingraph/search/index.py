"""An index of protein structures, searched by the embeddings of structures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from proteingraph.errors import ConfigError, DatasetError, WeightsError
from proteingraph.search.layout import (
    ENTRIES,
    FAILURES,
    MODEL,
    STARTS,
    STEPS,
    TRACES,
    Record,
    find_damage,
    read_record,
)
from proteingraph.search.nearest import Neighbors, unit_vectors
from proteingraph.search.results import Hit, SearchResult
from proteingraph.search.tables import read_entries, read_failures
from proteingraph.search.traces import decode_trace

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from proteingraph.pretrain import DenoisingModel
    from proteingraph.search.queries import Source

__all__ = ["Index"]


class Index:
    """Structures on disk with the embeddings by which they are found; see `build` and `open`.

    An index is a folder that holds all it needs: the vectors, the network that they are of, labels
    and CA traces. It can be moved, and opening it reads next to nothing.

    Attributes:
        path: The folder.
        record: What it holds: numbers of entries and residues, model, labels and more.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> from proteingraph.pretrain import DenoisingModel
        >>> with TemporaryDirectory() as folder:
        ...     index = Index.build(["tests/data/1aki.cif"], folder, DenoisingModel())
        ...     (result,) = index.search(["tests/data/1aki.pdb.gz"])
        >>> result.name, result.hits[0].name, round(result.hits[0].similarity, 3)
        ('1aki_A', '1aki_A', 1.0)
    """

    def __init__(self, path: Path, record: Record, model: DenoisingModel | None) -> None:
        self.path = path
        self.record = record
        self._given = model
        self._neighbors = Neighbors(path, record)

    @classmethod
    def build(
        cls,
        sources: Sequence[str | PathLike[str]],
        path: str | PathLike[str],
        model: str | PathLike[str] | DenoisingModel = "dsm_base",
        *,
        complexes: bool = False,
        labels: str | PathLike[str] | None = None,
        mirror: str | PathLike[str] | None = None,
        jobs: int = 1,
        overwrite: bool = False,
        report: Callable[[int, int, int], None] | None = None,
    ) -> Index:
        """Embed structures into an index, which appears whole or not at all.

        What cannot be read is left out and listed in `failures`. Built of the same files on the
        same machine, an index has the same bytes.

        Args:
            sources: Structure files, folders and patterns of them, tar archives, stores, packed
                .npz files and all else that `build_store` takes, or ``cath-scop-mini``.
            path: Folder of the index, absent or empty.
            model: Name of a model of the zoo, folder of weights, or a network.
                (default: :obj:`"dsm_base"`)
            complexes: Embed the chains of a file together. (default: :obj:`False`)
            labels: Table of labels by name of entry: tabs, .csv or .parquet. (default: none)
            mirror: Folder of a PDB mirror for lists of entries. (default: none)
            jobs: Processes that read files. (default: :obj:`1`)
            overwrite: Replace an index that is there. (default: :obj:`False`)
            report: Told the numbers of files done, of files to do, and of chains indexed.
                (default: none)

        Returns:
            The index, opened.

        Raises:
            DatasetError: If a source cannot be used, or the place is taken.
            WeightsError: If the model cannot be loaded.
        """
        from proteingraph.search.build import build_index

        build_index(
            sources,
            path,
            model,
            complexes=complexes,
            labels=labels,
            mirror=mirror,
            jobs=jobs,
            overwrite=overwrite,
            report=report,
        )
        return cls.open(path)

    @classmethod
    def open(
        cls,
        path: str | PathLike[str],
        model: str | PathLike[str] | DenoisingModel | None = None,
    ) -> Index:
        """Open an index.

        Args:
            path: Folder of the index.
            model: Network to embed queries with: the one the index was built with. (default: the
                copy that is kept in the index)

        Raises:
            DatasetError: If the folder is no index, or damaged.
            WeightsError: If the model cannot be loaded, or is another one.
        """
        path = Path(path)
        record = read_record(path)
        if model is None:
            return cls(path, record, None)
        from proteingraph.search.network import fingerprint, load_network

        name, network = load_network(model)
        found = fingerprint(network)
        if found != record.fingerprint:
            raise WeightsError(
                f"{path}: holds embeddings by {record.model!r} ({record.fingerprint[:12]}), which "
                f"cannot be compared with those by {name!r} ({found[:12]}): leave the model out, "
                "for the index holds its own, or build an index with the other"
            )
        return cls(path, record, network)

    def __len__(self) -> int:
        """Return the number of entries."""
        return self.record.entries

    def __repr__(self) -> str:
        """Summarise the contents in one line."""
        record = self.record
        return (
            f"Index({str(self.path)!r}, {record.entries} entries, {record.columns} columns, "
            f"model {record.model!r})"
        )

    @property
    def exact(self) -> bool:
        """Whether queries are compared with all entries, rather than with likely ones."""
        return self._neighbors.exact

    @cached_property
    def model(self) -> DenoisingModel:
        """Network that embeds queries; the copy in the index is loaded when first asked for."""
        if self._given is not None:
            return self._given
        from proteingraph.pretrain import DenoisingModel

        return DenoisingModel.from_pretrained(self.path / MODEL)

    @cached_property
    def _table(self) -> pa.Table:
        return read_entries(self.path / ENTRIES, self.record.labels, len(self))

    @property
    def entries(self) -> pd.DataFrame:
        """One row an entry: name, length (residues), chains (joined by commas), labels."""
        table: pd.DataFrame = self._table.to_pandas()
        return table

    @property
    def failures(self) -> pd.DataFrame:
        """What could not be indexed: file, chain (empty: all of it), reason."""
        table: pd.DataFrame = read_failures(self.path / FAILURES, self.record.failures).to_pandas()
        return table

    def trace(self, entry: int) -> NDArray[np.float64]:
        """Return the CA coordinates of an entry in Å, moved to the origin, ``[L, 3]``.

        Args:
            entry: Number of the entry, from 0.

        Raises:
            IndexError: If there is no such entry.
            DatasetError: If a file of the index is damaged there.
        """
        entry = range(len(self))[entry]
        first, stop = np.fromfile(self.path / STARTS, "<i8", 2, offset=8 * entry).tolist()
        if not 0 <= first < stop <= self.record.residues:
            raise DatasetError(
                f"{self.path / STARTS}: damaged at entry {entry}: `proteingraph index info "
                "--verify` tells what else is; restore it from a copy, or build the index again"
            )
        step = np.fromfile(self.path / STEPS, "<f4", 1, offset=4 * entry)[0]
        count, offset = 3 * (stop - first), 6 * first
        trace = np.fromfile(self.path / TRACES, "<i2", count, offset=offset)
        return decode_trace(trace.reshape(-1, 3), float(step))

    def find_damage(self) -> list[str]:
        """Read all files and return the names of those that are not as they were written."""
        return find_damage(self.path, self.record)

    def nearest(
        self, vectors: NDArray[np.floating], k: int = 10
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Find the entries nearest to embeddings of whatever origin.

        Args:
            vectors: Protein embeddings by the index's network, ``[q, D]``.
            k: How many to find for each. (default: :obj:`10`)

        Returns:
            Numbers of entries and their cosines, each ``[q, min(k, n)]``, the nearest first.

        Raises:
            ConfigError: If the vectors are not of the index's length, zero or not finite.
        """
        unit = unit_vectors(np.atleast_2d(vectors))
        if len(self) and unit.shape[1] != self.record.columns:
            raise ConfigError(
                f"{self.path}: holds vectors of {self.record.columns} numbers, not "
                f"{unit.shape[1]}: were they made by another model or version?"
            )
        if np.isnan(unit).any():
            raise ConfigError("an embedding to search with is zero or not finite")
        return self._neighbors(unit, k)

    def search(
        self,
        queries: str | PathLike[str] | Source | Iterable[Source],
        k: int = 10,
        *,
        minimum: float | None = None,
        chains: Sequence[str] | None = None,
        ranges: str | None = None,
        tm_align: int = 0,
    ) -> list[SearchResult]:
        """Find the entries most like some structures, by the cosine of their embeddings.

        Args:
            queries: Structure files or structures, or one of them. Each chain is a query of its
                own, unless the index was built of complexes.
            k: Most hits of a query. (default: :obj:`10`)
            minimum: Least similarity of a hit, from -1 to 1. (default: none)
            chains: Chains to search with. (default: all)
            ranges: Residues that make up one domain of each source, such as ``A:10-50,B:5A-90``.
                (default: whole chains)
            tm_align: The first so many are aligned with the query by TM-align and brought into
                the order of the mean of their two TM-scores. (default: :obj:`0`)

        Returns:
            A result a query, in order; one with a reason for what cannot be read.

        Raises:
            ConfigError: If an option is out of range, or tmtools is asked for and not installed.
            StructureError: If the ranges are malformed.
        """
        from proteingraph.search.run import search_index

        single = isinstance(queries, str | PathLike) or not isinstance(queries, Iterable)
        return search_index(
            self,
            [queries] if single else list(queries),  # type: ignore[list-item, arg-type]
            k,
            minimum=minimum,
            chains=chains,
            ranges=ranges,
            tm_align=tm_align,
        )

    def hits(self, entries: NDArray[np.int64], similarities: NDArray[np.float32]) -> list[Hit]:
        """Tell what is known of entries that were found.

        Args:
            entries: Numbers of entries, ``[k]``.
            similarities: Their similarities, ``[k]``.
        """
        rows: list[dict[str, Any]] = self._table.take(np.asarray(entries)).to_pylist()
        labels = self.record.labels
        return [
            Hit(
                rank=rank,
                entry=int(entry),
                name=row["name"],
                chains=row["chains"],
                length=row["length"],
                similarity=float(similarity),
                labels={label: row[label] for label in labels},
            )
            for rank, (entry, similarity, row) in enumerate(
                zip(entries, similarities, rows, strict=True), start=1
            )
        ]
