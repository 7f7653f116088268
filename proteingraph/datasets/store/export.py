"""Entries of a corpus back as structure files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from os import PathLike
from pathlib import Path

import numpy as np
from torch_geometric.data import Data

from proteingraph.datasets.folder import Failure
from proteingraph.datasets.protocol import Corpus
from proteingraph.errors import DatasetError, StructureError
from proteingraph.io import Structure, write_structure
from proteingraph.io.arrays import from_arrays

__all__ = ["export_entries", "graph_structure"]

ENDINGS = {"pdb": ".pdb", "cif": ".cif"}


def graph_structure(graph: Data) -> Structure:
    """Turn a graph back into a structure, of backbone atoms or CA alone.

    Args:
        graph: graph with the attributes of `Structure.to_data`.

    Returns:
        The structure; each atom has the B-factor of its residue's CA.

    Raises:
        StructureError: if its attributes do not fit together.
    """
    codes = graph.insertion_code.tolist()
    return from_arrays(
        graph.backbone.numpy(),
        graph.residue_type.numpy(),
        mask=graph.backbone_mask.numpy(),
        chain=np.array(graph.chain_id, np.str_)[graph.chain.numpy()],
        residue_number=graph.residue_number.numpy(),
        insertion_code=np.array([chr(code) if code else "" for code in codes], np.str_),
        b_factor=graph.b_factor.numpy(),
        name=graph.name,
    )


def export_entries(
    corpus: Corpus, entries: Iterable[int], folder: str | PathLike[str], format: str = "pdb"
) -> Iterator[Failure | None]:
    """Write entries as structure files named after them, one by one.

    Characters of a name other than letters, digits, `.`, `_`, `+` and `-` become `_`.

    Args:
        corpus: chains.
        entries: numbers of the entries to write.
        folder: folder to write to; made if need be.
        format: `pdb` or `cif`. Default: `pdb`.

    Yields:
        For each entry, why it could not be written, or `None`.

    Raises:
        DatasetError: if there is no such format, or the folder cannot be made.
    """
    if format not in ENDINGS:
        raise DatasetError(f"no format {format!r}: choose one of {', '.join(ENDINGS)}")
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatasetError(f"{target}: cannot be made: {error.strerror}") from error
    written: dict[str, str] = {}
    for number in entries:
        graph = corpus[number]
        stem = re.sub(r"[^\w.+-]", "_", graph.name, flags=re.ASCII).lstrip(".") or "_"
        path = target / f"{stem}{ENDINGS[format]}"
        if path.name.lower() in written:
            reason = f"{path} holds {written[path.name.lower()]!r} already: export it elsewhere"
            yield Failure(path, f"entry {graph.name!r}: {reason}")
            continue
        try:
            write_structure(graph_structure(graph), path)
        except StructureError as error:
            yield Failure(path, f"entry {graph.name!r}: {error}")
            continue
        written[path.name.lower()] = graph.name
        yield None
