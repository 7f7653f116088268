"""What speed is held to, beside what the records of the benchmarks say was measured.

Nothing is measured here. What a record lacks is told as not run. Times are those of the processor
where one thread computed, for other work disturbs them less, and by the clock otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.speed.alternate import exponent
from benchmarks.speed.peers import PEERS
from benchmarks.speed.subjects import DENSE, FRESH, OURS, WHOLE

__all__ = ["NOT_RUN", "RECORDS", "Row", "rows"]

NOT_RUN = "not run"
STEP, FORWARD = "training step", "forward"

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes:
        what: What was to be measured.
        asked: The bar; empty where there is none.
        measured: What was measured.
        factor: How many times better than asked; None if that is no number, or was not run.
        met: Whether the bar is met; None if there is none, or it was not run.
    """

    what: str
    asked: str = ""
    measured: str = NOT_RUN
    factor: float | None = None
    met: bool | None = None


def number(value: float) -> str:
    """A number with three digits or more."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def at_least(what: str, bar: float | None, value: float | None, unit: str, note: str = "") -> Row:
    """Line of what should be large."""
    return _compared(what, "≥", bar, value, unit, note, lambda own, asked: own / asked)


def at_most(what: str, bar: float | None, value: float | None, unit: str, note: str = "") -> Row:
    """Line of what should be small."""
    return _compared(what, "≤", bar, value, unit, note, lambda own, asked: asked / own)


def _compared(
    what: str,
    sign: str,
    bar: float | None,
    value: float | None,
    unit: str,
    note: str,
    factor: Callable[[float, float], float],
) -> Row:
    asked = "" if bar is None else f"{sign} {number(bar)} {unit}".strip()
    if value is None:
        return Row(what, asked)
    measured = " ".join(filter(None, (number(value), unit, note)))
    if bar is None:
        return Row(what, asked, measured)
    times = factor(value, bar)
    return Row(what, asked, measured, times, times >= 1)


def found(record: Any, *path: Any) -> Any:
    """What a record has at a place; None if it has nothing there."""
    for name in path:
        if not isinstance(record, Mapping) or name not in record:
            return None
        record = record[name]
    return record


def times(one: float | None, other: float | None) -> float | None:
    """How many times as long one takes as another; None if either is not known."""
    return one / other if one and other else None


class Encoder:
    """Figures of `encoder.py`.

    Args:
        record: Its record; may be empty.
    """

    def __init__(self, record: Record) -> None:
        self.record = record
        alone = record.get("threads") == 1 and "cuda" not in record.get("command", "")
        self.clock = "processor_seconds" if alone else "seconds"

    def sizes(self, kind: str, name: str) -> list[int]:
        """Numbers of residues at which a network was run."""
        figures = found(self.record, "figures", kind) or {}
        return [int(size) for size, its in figures.items() if name in its]

    def seconds(self, kind: str, residues: int, name: str) -> float | None:
        """Seconds of a call."""
        value: float | None = found(self.record, "figures", kind, str(residues), name, self.clock)
        return value

    def beside(self, name: str, kind: str, residues: int) -> float | None:
        """How many times as long as ours another takes, each starting from the same."""
        ours = WHOLE if name == DENSE else FRESH
        return times(self.seconds(kind, residues, name), self.seconds(kind, residues, ours))

    def closest(self, equivariant: bool, least: int = 0) -> tuple[float | None, str]:
        """The least lead in a training step on peers of a kind, from a size on; where that is."""
        names = [name for name, peer in PEERS.items() if peer.equivariant is equivariant]
        ratios = {
            (name, size): ratio
            for name in names
            for size in self.sizes(STEP, name)
            if size >= least and (ratio := self.beside(name, STEP, size)) is not None
        }
        if not ratios:
            return None, ""
        name, size = min(ratios, key=lambda case: ratios[case])
        lacking = [other for other in names if not any(other == one for one, _ in ratios)]
        told = [f"{name}, {size:,} residues", *(f"{other} {NOT_RUN}" for other in lacking)]
        return ratios[name, size], f"({'; '.join(told)})"

    def growth(self, kind: str, memory: bool) -> tuple[float | None, str]:
        """The largest power of the number of residues that one of our ways grows with."""
        powers, ends = [], [0, 0]
        for name in (OURS, FRESH, WHOLE):
            sizes = self.sizes(kind, name)
            values = [
                found(self.record, "figures", kind, str(size), name, "peak_bytes")
                if memory
                else self.seconds(kind, size, name)
                for size in sizes
            ]
            if len(sizes) > 1 and all(value and value > 0 for value in values):
                powers.append(exponent(sizes, values))
                ends = [min(sizes), max(sizes)]
        return max(powers, default=None), f"({ends[0]:,} to {ends[1]:,} residues)"


def encoder(record: Record) -> Iterator[Row]:
    """Training steps and forward passes, on the CPU."""
    own = Encoder(record)
    for kind, size, bar in ((STEP, 256, 30), (STEP, 512, 60), (FORWARD, 1024, 100)):
        what = f"{kind} beside `{DENSE}`, {size:,} residues"
        yield at_least(what, bar, own.beside(DENSE, kind, size), "x")
    value, note = own.closest(False)
    yield at_least(f"{STEP} beside SchNet, where it is closest", 1, value, "x", note)
    value, note = own.closest(True)
    yield at_least(f"{STEP} beside the closest equivariant network", 2, value, "x", note)
    for kind in (STEP, FORWARD):
        for memory in (False, True):
            what = f"{kind}: power of residues that {'memory' if memory else 'time'} grows with"
            value, note = own.growth(kind, memory)
            yield at_most(what, 1.1, value, "", note)
    yield _limit(record, "")


def encoder_gpu(record: Record) -> Iterator[Row]:
    """The same on a GPU, for which nothing is asked."""
    own = Encoder(record)
    largest = max(own.sizes(STEP, DENSE), default=512)
    what = f"on a GPU: {STEP} beside `{DENSE}`, {largest:,} residues"
    yield at_least(what, None, own.beside(DENSE, STEP, largest), "x")
    large = max((size for name in PEERS for size in own.sizes(STEP, name)), default=4096)
    for equivariant, kind in ((False, "SchNet"), (True, "the closest equivariant network")):
        for least, where in ((0, "at any size"), (large, f"{large:,} residues")):
            value, note = own.closest(equivariant, least)
            what = f"on a GPU: {STEP} beside {kind}, {where}"
            yield at_least(what, None, value, "x", note)
    yield _limit(record, "on a GPU: ")


def _limit(record: Record, where: str) -> Row:
    share = found(record, "limit", STEP, "share_of_the_limit")
    what = f"{where}{STEP}: share of the rate that bandwidth and matrix rate allow"
    return at_least(what, None, None if share is None else 100 * share, "%")


def graph(record: Record) -> Iterator[Row]:
    """Edges and attributes."""
    cases = [
        (batch.get("proteins", 1), f"{searched}, {batch['residues']:,} residues in", its)
        for batch in (*record.get("batches", ()), *record.get("assemblies", ()))
        for kind, searched in (("nearest", "30 nearest"), ("within", "within 10 Å"))
        for its in [batch[kind]]
    ]
    for what, bar, least in (("slowest case", 1.2, 1), ("batches of proteins", 1, 2)):
        told = f"edges: native beside torch-cluster, {what}"
        timed = [
            (1 / its["torch-cluster"]["times_native"], f"{case} {proteins}")
            for proteins, case, its in cases
            if proteins >= least and "torch-cluster" in its
        ]
        value, where = max(timed, default=(None, ""))
        ahead = sum(ratio <= 1 for ratio, _ in timed)
        note = f"the time ({where}); no slower in {ahead} of {len(timed)}"
        yield at_most(told, bar, value, "x", note)
    differ = [other["edges_that_differ"] for *_, its in cases for other in its.values()]
    exact = Row("edges that differ from those of others", "none")
    yield Row(exact.what, "none", f"{sum(differ)}", met=not sum(differ)) if differ else exact
    large = [its for its in record.get("assemblies", ()) if its["residues"] == 50_000]
    seconds = found(large[0], "nearest", "native", "processor_seconds") if large else None
    yield at_most("edges: 30 nearest of 50,000", 0.8, seconds, "s")
    rates = found(record, "store", "graphs_per_processor_second") or {"11": None, "32": None}
    for size, rate in rates.items():
        what = f"store to batch with all attributes, {size} of 150 residues at a time"
        yield at_least(what, 500, found(rate, "store to graph"), "graphs/s a core")


def file_to_graph(record: Record) -> Iterator[Row]:
    """Structure files."""
    kinds = list((record.get("pdb") or {}).values())

    def least(reader: str, figure: str) -> float | None:
        return min((its[reader][figure] for its in kinds if reader in its), default=None)

    yield at_least(
        "PDB files parsed", 300, least(OURS, "files_per_second_parsed"), "files/s a core"
    )
    what = "PDB files to graphs with all attributes"
    yield at_least(what, 100, least(OURS, "files_per_second"), "files/s a core")
    for reader, told in (
        ("ours, read with ProDy", "the same graphs, read with ProDy"),
        ("ProDy", "ProDy alone (edges without attributes)"),
    ):
        yield at_least(f"PDB files to graphs beside {told}", 10, least(reader, "times_ours"), "x")
    value = found(record, "graphein", "times_ours")
    yield at_least("PDB files to graphs beside graphein", 10, value, "x")


def pretrain(record: Record) -> Iterator[Row]:
    """Pre-training end to end."""
    runs = {(its["threads"], its["workers"]): its for its in record.get("settings", ())}
    own = runs.get((2, 0), {})
    share = found(own, "pipeline")
    parts = (f"{name} {100 * part:.1f}" for name, part in own.get("shares", {}).items())
    note = f"({', '.join(parts)})"
    what = "pre-training, two threads: share of the time for the data"
    yield at_most(what, 10, None if share is None else 100 * share, "%", note)
    for threads, workers in runs or [(1, 0), (2, 0)]:
        its = runs.get((threads, workers), {})
        peak = found(its, "peak_bytes")
        note = "" if peak is None else f"({peak / 2**20:,.0f} MiB)"
        more = f", {workers} process for batches" if workers else ""
        what = f"pre-training, {threads} {'thread' if threads == 1 else 'threads'}{more}"
        yield at_least(what, None, found(its, "residues_per_second"), "residues/s", note)


def embed(record: Record) -> Iterator[Row]:
    """Embedding from a store and from files."""
    sources = {"store": "from a store", "pdb": "PDB", "cif": "mmCIF", "bcif": "BinaryCIF"}
    count = max(2, record.get("processes", 2))
    for name in record.get("one_process") or ("dsm_small", "dsm_base"):
        for kind, unit in (("one_process", "chains_per_processor_second"), *SEVERAL):
            rates = [found(record, kind, name, source, unit) for source in sources]
            told = zip(rates, sources.values(), strict=True)
            measured = ", ".join(f"{number(rate)} ({how})" for rate, how in told if rate)
            jobs = "one process" if kind == "one_process" else f"{count} processes"
            what = f"embedding with {name}, {jobs}"
            yield Row(what, measured=f"{measured} chains/s" if measured else NOT_RUN)


SEVERAL = (("several_processes", "chains_per_second"),)

RECORDS: dict[str, Callable[[Record], Iterator[Row]]] = {
    "encoder": encoder,
    "encoder_gpu": encoder_gpu,
    "graph": graph,
    "file_to_graph": file_to_graph,
    "pretrain": pretrain,
    "embed": embed,
}
"""Lines by the record that they are told from."""


def rows(records: Mapping[str, Record]) -> list[Row]:
    """All lines.

    Args:
        records: Records by the name of their file, as far as there are any.
    """
    return [row for name, told in RECORDS.items() for row in told(records.get(name, {}))]
