"""TM-align of queries to domains, in several processes, kept on disk as it goes."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from proteingraph.datasets import ChainPack
from proteingraph.io.alphabet import decode_sequence
from proteingraph.parallel import map_in_processes

__all__ = ["Alignments", "align"]

Domain = tuple[NDArray[np.float64], str]
Pair = tuple[str, str]  # keys of two domains, in order
Scores = tuple[float, float, float]  # TM-scores by the length of either, seconds
Task = tuple[Pair, Domain, Domain]

CACHE = "tmalign.tsv"
CHUNK = 8


@dataclass(frozen=True, eq=False)
class Alignments:
    """TM-scores of queries with domains.

    Attributes:
        by_query: TM-score by the length of the query, ``[Q, n]``; 1 with itself.
        by_domain: TM-score by the length of the domain, ``[Q, n]``.
        seconds: Mean processor time of an alignment, when it was made.
        made: Number of alignments that were not on disk.
    """

    by_query: NDArray[np.float64]
    by_domain: NDArray[np.float64]
    seconds: float
    made: int


def align(pack: ChainPack, queries: Sequence[int], cache: Path, jobs: int = 2) -> Alignments:
    """Align queries to all domains of a pack by TM-align (Zhang & Skolnick 2005), CA atoms only.

    Each pair is aligned once, whichever is the query, and appended to a file as soon as it is done,
    so that a run that was stopped goes on where it was.

    Args:
        pack: Domains.
        queries: Numbers of those that are queries.
        cache: Folder of the file.
        jobs: Processes. (default: :obj:`2`)
    """
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / CACHE
    domains = [_domain(pack, i) for i in range(len(pack))]
    keys = [_key(*domain) for domain in domains]
    by_key = dict(zip(keys, domains, strict=True))
    asked = [(keys[q], key) for q in queries for key in keys]
    pairs = list(dict.fromkeys(_ordered(pair) for pair in asked if pair[0] != pair[1]))
    known = _read(path)
    missing = [pair for pair in pairs if pair not in known]
    with path.open("a", encoding="utf-8") as file:
        for pair, scores in _align_all([(p, by_key[p[0]], by_key[p[1]]) for p in missing], jobs):
            known[pair] = scores
            print(*pair, *scores, sep="\t", file=file, flush=True)
    both = np.array([_oriented(pair, known) for pair in asked]).reshape(len(queries), len(keys), 2)
    seconds = [known[pair][2] for pair in pairs]
    mean = float(np.mean(seconds)) if seconds else float("nan")
    return Alignments(both[..., 0], both[..., 1], mean, len(missing))


def _domain(pack: ChainPack, i: int) -> Domain:
    data = pack[i]
    return data.pos.double().numpy(), decode_sequence(data.residue_type.numpy())


def _key(pos: NDArray[np.float64], sequence: str) -> str:
    """Digest of a domain: a cache knows structures, whatever they are called."""
    content = np.rint(pos * 100).astype("<i8").tobytes() + sequence.encode()
    return hashlib.blake2b(content, digest_size=8).hexdigest()


def _ordered(pair: Pair) -> Pair:
    return pair if pair[0] <= pair[1] else (pair[1], pair[0])


def _oriented(pair: Pair, known: dict[Pair, Scores]) -> tuple[float, float]:
    """TM-scores by the length of the first, and of the second, of a pair in any order."""
    if pair[0] == pair[1]:
        return 1.0, 1.0
    first, second, _ = known[_ordered(pair)]
    return (first, second) if pair == _ordered(pair) else (second, first)


def _read(path: Path) -> dict[Pair, Scores]:
    """Scores on disk; a line that a stopped run left unfinished is none."""
    if not path.exists():
        return {}
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if whole != content:
        path.write_bytes(whole)
    rows = [line.split("\t") for line in whole.decode().splitlines()]
    return {(a, b): (float(x), float(y), float(t)) for a, b, x, y, t in rows}


def _align_all(tasks: list[Task], jobs: int) -> Iterator[tuple[Pair, Scores]]:
    done = map(_align, tasks)
    if jobs > 1:
        chunks = (tasks[first : first + CHUNK] for first in range(0, len(tasks), CHUNK))
        done = map_in_processes(_align, chunks, jobs=jobs, lost=_lost)
    told, console = f"TM-align, {len(tasks):,} pairs", Console(stderr=True)
    return iter(track(done, told, len(tasks), console=console, transient=True))


def _lost(task: Task) -> tuple[Pair, Scores]:
    raise MemoryError("a process of TM-align was killed: run fewer at a time, by --jobs")


def _align(task: Task) -> tuple[Pair, Scores]:
    from tmtools import tm_align

    pair, (first, first_sequence), (second, second_sequence) = task
    start = time.process_time()  # of this process, whatever else the machine does
    found = tm_align(first, second, first_sequence, second_sequence)
    seconds = time.process_time() - start
    scores = (found.tm_norm_chain1, found.tm_norm_chain2, seconds)
    return pair, tuple(round(float(value), 5) for value in scores)
