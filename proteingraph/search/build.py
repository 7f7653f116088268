"""Building an index from files of all kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import chain
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING

from proteingraph.errors import DatasetError
from proteingraph.search.network import embed_in_batches, load_network
from proteingraph.search.writer import Entry, IndexWriter

if TYPE_CHECKING:
    from torch_geometric.data import Data

    from proteingraph.datasets.store.items import Outcome
    from proteingraph.datasets.store.labels import LabelTable
    from proteingraph.pretrain import DenoisingModel

__all__ = ["build_index"]


def build_index(
    sources: Sequence[str | PathLike[str]],
    path: str | PathLike[str],
    model: str | PathLike[str] | DenoisingModel,
    *,
    complexes: bool = False,
    labels: str | PathLike[str] | None = None,
    mirror: str | PathLike[str] | None = None,
    jobs: int = 1,
    overwrite: bool = False,
    report: Callable[[int, int, int], None] | None = None,
) -> None:
    """Embed structures into an index; see `Index.build`."""
    from proteingraph.datasets.store.build import read_items
    from proteingraph.datasets.store.labels import read_labels
    from proteingraph.datasets.store.sources import open_sources

    writer = IndexWriter(Path(path), overwrite)
    folder = None if mirror is None else Path(mirror)
    if folder is not None and not folder.is_dir():
        raise DatasetError(f"{folder}: no such folder, to be a mirror")
    names = [fspath(source) for source in sources]
    opened = open_sources(names, folder)
    table = None if labels is None else read_labels(labels)
    name, network = load_network(model)
    total = 0 if report is None else sum(source.count() for source in opened)
    items = chain.from_iterable(source.items() for source in opened)
    with writer, closing(read_items(items, complexes, jobs)) as outcomes:
        read = _Read(outcomes, table, writer.failures)
        for graphs, vectors in embed_in_batches(network, read):
            writer.add([graph.entry for graph in graphs], vectors)
            if report is not None:
                report(read.done, max(read.done, total), len(writer))
        shown = [Path(source).name for source in names]
        writer.finish(network, name, complexes=complexes, sources=shown)


class _Read:
    """Graphs of what is read, with their entries; failures go to a list.

    Attributes:
        done: Number of files (members of archives, runs of packed entries) that are done.
    """

    def __init__(
        self,
        outcomes: Iterator[Outcome],
        table: LabelTable | None,
        failures: list[tuple[str, str, str]],
    ) -> None:
        self.done = 0
        self._outcomes, self._table, self._failures = outcomes, table, failures

    def __iter__(self) -> Iterator[Data]:
        for outcome in self._outcomes:
            self._failures += outcome.failures
            pack = outcome.pack
            if pack is not None:
                pack = pack if self._table is None else self._table.label(pack)
                for number, graph in enumerate(pack):
                    labels = {label: str(texts[number]) for label, texts in pack.labels.items()}
                    chains = ",".join(graph.chain_id)
                    pos = graph.pos.numpy()
                    graph.entry = Entry(graph.name, chains, pos, labels, outcome.file)
                    yield graph
            self.done += 1
