"""Files of embeddings: parquet, npz and safetensors."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from proteingraph.embedding.chains import ChainEmbedding
from proteingraph.embedding.results import FileEmbeddings
from proteingraph.errors import ConfigError

__all__ = ["LEVELS", "SUFFIXES", "check_output", "write_embeddings"]

LEVELS = ("protein", "residue", "pair")
"""What may be written; pair embeddings must have been asked for when embedding."""
ROWS = {"residue": 512, "pair": 64}
"""Rows of a group of a parquet file: bounds the memory of long runs."""


def check_output(path: str | PathLike[str]) -> Path:
    """Check that embeddings can be written to a path.

    Raises:
        ConfigError: If the suffix is none of those known, the path is a folder, or the folder it is
            to be in does not exist.
    """
    path = Path(path)
    if path.suffix not in SUFFIXES:
        raise ConfigError(f"{path}: the name must end in {', '.join(SUFFIXES)}")
    if not path.resolve().parent.is_dir():
        raise ConfigError(f"{path}: the folder {path.parent} does not exist")
    if path.is_dir():
        raise ConfigError(f"{path}: is a folder, expected the name of a file")
    return path


def write_embeddings(
    path: str | PathLike[str],
    results: Iterable[FileEmbeddings],
    *,
    levels: Sequence[str] = ("protein", "residue"),
    metadata: dict[str, str] | None = None,
) -> tuple[int, list[FileEmbeddings]]:
    """Write embeddings as they come, to a temporary name that is renamed at the end.

    If there is not one embedding, nothing is written, and a file of that name stays as it was.

    - ``.parquet``: one row a chain: ``path``, ``name``, ``chain``, ``sequence``,
      ``residue_chain``, ``residue_number``, ``insertion_code``, and of the levels asked for
      ``protein`` (list), ``residue`` (list of lists), ``pair`` (list of lists) with
      ``pair_source`` and ``pair_target``, the residues of each pair counted from 0.
    - ``.npz``: the same columns, per chain, per residue, or per pair, over all chains: ``protein
      [n, D]``, ``residue [R, C]`` where chain i owns rows ``starts[i]`` to ``starts[i + 1]``, and
      ``pair [E, P]`` where it owns rows ``pair_starts[i]`` to ``pair_starts[i + 1]``.
    - ``.safetensors``: the same; the text columns as JSON in the header.

    Args:
        path: File to write.
        results: What came of each file, in order; consumed one by one.
        levels: Which embeddings to write, of `LEVELS`. (default: protein and residue)
        metadata: Said in the file's header (parquet, safetensors).

    Returns:
        The number of chains written, and the files that could not be read.

    Raises:
        ConfigError: If the suffix is none of those known, a level is unknown, or the file cannot
            be written.
    """
    path = check_output(path)
    if not levels or not set(levels) <= set(LEVELS):
        raise ConfigError(f"levels must be of {', '.join(LEVELS)}, got {', '.join(levels) or '-'}")
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    failed: list[FileEmbeddings] = []
    try:
        # Opened before the first embedding is made: work of hours must not end in "read-only".
        with open(partial, "wb") as file:
            good = _good(results, failed)
            count = SUFFIXES[path.suffix](file, good, frozenset(levels), metadata or {})
        if count:
            os.replace(partial, path)
    except OSError as error:
        reason = error.strerror or error
        raise ConfigError(f"{path}: cannot be written: {reason}; name another place") from error
    finally:
        _remove(partial)
    return count, failed


def _remove(path: Path) -> None:
    with suppress(OSError):  # of a folder that cannot be written to
        path.unlink()


def _good(
    results: Iterable[FileEmbeddings], failed: list[FileEmbeddings]
) -> Iterable[FileEmbeddings]:
    for result in results:
        if result.reason is None:
            yield result
        else:
            failed.append(result)


def _row(path: str, chain: ChainEmbedding, levels: frozenset[str]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "path": path,
        "name": chain.name,
        "chain": chain.chain,
        "sequence": chain.sequence,
        "residue_chain": chain.residue_chain.tolist(),
        "residue_number": chain.residue_number,
        "insertion_code": chain.insertion_code.tolist(),
    }
    if "protein" in levels:
        row["protein"] = chain.protein
    if "residue" in levels:
        row["residue"] = list(chain.residue)
    if "pair" in levels:
        pair, index = _pairs(chain)
        row |= {"pair": list(pair), "pair_source": index[0], "pair_target": index[1]}
    return row


def _pairs(chain: ChainEmbedding) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    if chain.pair is None or chain.pair_index is None:
        raise ConfigError(f"{chain.name}: has no pair embeddings: ask for them when embedding")
    return chain.pair, chain.pair_index


def _write_parquet(
    file: IO[bytes],
    results: Iterable[FileEmbeddings],
    levels: frozenset[str],
    metadata: dict[str, str],
) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    text, numbers = pa.list_(pa.string()), pa.list_(pa.int32())
    vector = pa.list_(pa.float32())
    fields = [
        *((name, pa.string()) for name in ("path", "name", "chain", "sequence")),
        ("residue_chain", text),
        ("residue_number", numbers),
        ("insertion_code", text),
    ]
    of_level = {
        "protein": [("protein", vector)],
        "residue": [("residue", pa.list_(vector))],
        "pair": [("pair", pa.list_(vector)), ("pair_source", numbers), ("pair_target", numbers)],
    }
    fields += [entry for level in LEVELS if level in levels for entry in of_level[level]]
    schema = pa.schema(fields, metadata=metadata)
    count = 0
    with pq.ParquetWriter(file, schema) as writer:
        rows: list[dict[str, Any]] = []
        for result in results:
            rows += [_row(result.path, chain, levels) for chain in result.chains]
            count += len(result.chains)
            if len(rows) >= ROWS["pair" if "pair" in levels else "residue"]:
                writer.write_table(pa.Table.from_pylist(rows, schema))
                rows = []
        if rows:
            writer.write_table(pa.Table.from_pylist(rows, schema))
    return count


def _columns(
    results: Iterable[FileEmbeddings], levels: frozenset[str]
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Numbers as arrays and text as lists, flat over all chains."""
    listed = [(result.path, chain) for result in results for chain in result.chains]
    chains = [chain for _, chain in listed]
    numbers = {
        "starts": np.cumsum([0, *(len(chain.sequence) for chain in chains)]),
        "residue_number": _stack([chain.residue_number for chain in chains], np.concatenate),
    }
    if "protein" in levels:
        numbers["protein"] = _stack([chain.protein for chain in chains], np.stack)
    if "residue" in levels:
        numbers["residue"] = _stack([chain.residue for chain in chains], np.concatenate)
    if "pair" in levels:
        pairs, indices = zip(*map(_pairs, chains), strict=True) if chains else ((), ())
        numbers["pair"] = _stack(pairs, np.concatenate)
        numbers["pair_index"] = _stack(indices, lambda parts: np.concatenate(parts, axis=1))
        numbers["pair_starts"] = np.cumsum([0, *(len(pair) for pair in pairs)])
    text = {
        "path": [path for path, _ in listed],
        "name": [chain.name for chain in chains],
        "chain": [chain.chain for chain in chains],
        "sequence": [chain.sequence for chain in chains],
        "residue_chain": [name for chain in chains for name in chain.residue_chain.tolist()],
        "insertion_code": [code for chain in chains for code in chain.insertion_code.tolist()],
    }
    return numbers, text


def _stack(arrays: Sequence[Any], join: Callable[[Sequence[Any]], Any]) -> Any:
    return join(arrays) if arrays else np.zeros((0,), np.float32)


def _write_npz(
    file: IO[bytes],
    results: Iterable[FileEmbeddings],
    levels: frozenset[str],
    metadata: dict[str, str],
) -> int:
    numbers, text = _columns(results, levels)
    arrays = {name: np.array(column, dtype=np.str_) for name, column in text.items()}
    np.savez(file, allow_pickle=False, **numbers, **arrays)
    return len(text["chain"])


def _write_safetensors(
    file: IO[bytes],
    results: Iterable[FileEmbeddings],
    levels: frozenset[str],
    metadata: dict[str, str],
) -> int:
    from safetensors.numpy import save

    numbers, text = _columns(results, levels)
    header = {**metadata, **{name: json.dumps(column) for name, column in text.items()}}
    file.write(save({name: np.ascontiguousarray(x) for name, x in numbers.items()}, header))
    return len(text["chain"])


Writer = Callable[[IO[bytes], Iterable[FileEmbeddings], frozenset[str], dict[str, str]], int]

SUFFIXES: dict[str, Writer] = {
    ".parquet": _write_parquet,
    ".npz": _write_npz,
    ".safetensors": _write_safetensors,
}
