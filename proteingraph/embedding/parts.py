"""Results of a long run of embedding, kept in parts as they come, so that it can be resumed."""

from __future__ import annotations

import json
import logging
import os
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from proteingraph.embedding.chains import ChainEmbedding
from proteingraph.embedding.results import FileEmbeddings
from proteingraph.errors import ConfigError
from proteingraph.files import clear_partials, replacing

__all__ = ["kept"]

log = logging.getLogger(__name__)

RUN = "run.json"
Piece = TypeVar("Piece")
Results = list[FileEmbeddings]
Work = Callable[[Sequence[Piece]], Iterable[Results]]


def kept(
    folder: Path,
    asked: Mapping[str, Any],
    pieces: Sequence[Piece],
    work: Work[Piece],
    *,
    resume: bool,
    commit_every: float,
) -> Iterator[Results]:
    """Yield what comes of each piece of work, keeping it in a folder.

    A part holds the results of a run of pieces, is named after the number of the first, and appears
    whole. The zip archive that it is has checksums: a damaged part is made again.

    Args:
        folder: Where parts are; made if need be, and left for the caller to remove.
        asked: What has to be the same for a run to be resumed, for JSON.
        pieces: What there is to do.
        work: Gives the results of pieces, in their order.
        resume: Take the results of a run that was stopped from the folder, if it holds any.
        commit_every: Seconds after which results are kept.

    Raises:
        ConfigError: If the folder cannot be written to, another process is writing to it, or it
            holds a run that is not to be resumed, or was asked for something else.
    """
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error
    lock = _lock(folder)
    try:
        _check(folder, dict(asked), resume)
        done = 0
        for results in _stored(folder):
            done += 1
            yield results
        yield from _kept(folder, asked, done, work(pieces[done:]), commit_every)
    finally:
        with suppress(OSError):
            folder.rmdir()  # of a run that was too short to keep anything
        if lock is not None:
            os.close(lock)


def _lock(folder: Path) -> int | None:
    from proteingraph.datasets.store.lock import lock_folder

    return lock_folder(folder)


def _check(folder: Path, asked: dict[str, Any], resume: bool) -> None:
    """Raise ConfigError unless a run may go on, or begin, in a folder."""
    path = folder / RUN
    if not path.exists():
        return
    if not resume:
        raise ConfigError(
            f"{folder}: holds what an earlier run got done: go on with it (--resume), or remove "
            "the folder"
        )
    try:
        known = json.loads(path.read_bytes())
        changed = [name for name in asked if known.get(name) != asked[name]]
    except (OSError, ValueError, AttributeError) as error:
        raise ConfigError(f"{path}: damaged ({error}): remove the folder") from error
    if changed:
        raise ConfigError(
            f"{folder}: the earlier run had another {changed[0]} ({known.get(changed[0])}, now "
            f"{asked[changed[0]]}): resume it with the same, or remove the folder"
        )
    clear_partials(folder)


def _stored(folder: Path) -> Iterator[Results]:
    """Results of the pieces that are done, up to the first that is not."""
    done = 0
    while (path := _part(folder, done)).exists():
        try:
            with np.load(path, allow_pickle=False) as arrays:
                stored = _unpack(dict(arrays))
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            log.warning("%s: damaged (%s): what it held is embedded again", path, error)
            return
        yield from stored
        done += len(stored)


def _kept(
    folder: Path,
    asked: Mapping[str, Any],
    done: int,
    results: Iterable[Results],
    commit_every: float,
) -> Iterator[Results]:
    """Results of further pieces, written to parts behind those that are done."""
    waiting: list[Results] = []
    safe = time.monotonic()
    for result in results:
        waiting.append(result)
        if time.monotonic() - safe >= commit_every:
            try:
                if not (folder / RUN).exists():
                    with replacing(folder / RUN) as partial:
                        partial.write_text(json.dumps(asked) + "\n", encoding="utf-8")
                with replacing(_part(folder, done)) as partial, partial.open("wb") as file:
                    np.savez(file, allow_pickle=False, **_pack(waiting))
            except OSError as error:
                raise _unwritable(folder, error) from error
            done += len(waiting)
            waiting = []
            safe = time.monotonic()
        yield result


def _part(folder: Path, first: int) -> Path:
    return folder / f"{first:012d}.npz"


def _pack(pieces: Sequence[Results]) -> dict[str, NDArray[Any]]:
    """Results as arrays: numbers in a row over all chains, and all else as JSON."""
    chains = [chain for results in pieces for result in results for chain in result.chains]
    arrays = {}
    if chains:
        arrays["protein"] = np.stack([chain.protein for chain in chains])
        arrays["residue"] = np.concatenate([chain.residue for chain in chains])
        arrays["residue_number"] = np.concatenate([chain.residue_number for chain in chains])
    pairs = [(c.pair, c.pair_index) for c in chains if c.pair is not None]
    if pairs:
        arrays["pair"] = np.concatenate([pair for pair, _ in pairs])
        arrays["pair_index"] = np.concatenate([index for _, index in pairs], axis=1)
    said = [
        [
            [result.path, result.reason, [_said(chain) for chain in result.chains]]
            for result in piece
        ]
        for piece in pieces
    ]
    arrays["said"] = np.frombuffer(json.dumps(said).encode(), np.uint8)
    return arrays


def _said(chain: ChainEmbedding) -> dict[str, Any]:
    """Of a chain, what is no array of numbers, and how many pairs it has."""
    return {
        "name": chain.name,
        "chain": chain.chain,
        "sequence": chain.sequence,
        "residue_chain": chain.residue_chain.tolist(),
        "insertion_code": chain.insertion_code.tolist(),
        "pairs": None if chain.pair is None else len(chain.pair),
    }


def _unpack(arrays: dict[str, NDArray[Any]]) -> list[Results]:
    """Results from the arrays that `_pack` made of them."""
    said = json.loads(arrays["said"].tobytes())
    rows = pairs = count = 0

    def chain(entry: dict[str, Any]) -> ChainEmbedding:
        nonlocal rows, pairs, count
        residues = slice(rows, rows := rows + len(entry["residue_chain"]))
        protein, count = arrays["protein"][count], count + 1
        texts: dict[str, Any] = {
            name: np.array(entry.pop(name), np.str_) for name in ("residue_chain", "insertion_code")
        }
        number = entry.pop("pairs")
        edges = slice(pairs, pairs := pairs + (number or 0))
        return ChainEmbedding(
            **entry,
            **texts,
            residue_number=arrays["residue_number"][residues],
            residue=arrays["residue"][residues],
            protein=protein,
            pair=None if number is None else arrays["pair"][edges],
            pair_index=None if number is None else arrays["pair_index"][:, edges],
        )

    return [
        [
            FileEmbeddings(path, [chain(one) for one in chains], reason)
            for path, reason, chains in piece
        ]
        for piece in said
    ]


def _unwritable(folder: Path, error: OSError) -> ConfigError:
    return ConfigError(
        f"{folder}: cannot be written: {error.strerror or error}; make room, or name another place "
        "for the output"
    )
