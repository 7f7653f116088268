"""Published splits of CATH's chains."""

from __future__ import annotations

import json
from os import PathLike, fspath

from proteingraph.datasets.hierarchy import SPLITS
from proteingraph.errors import DatasetError

__all__ = ["read_chain_splits"]


def read_chain_splits(path: str | PathLike[str]) -> dict[str, str]:
    """Read a file of the form of `chain_set_splits.json`.

    It is the split of CATH 4.2 by topology that Ingraham, Garg, Barzilay & Jaakkola (NeurIPS 2019)
    published with "Generative models for graph-based protein design": lists of chains (`12as.A`) by
    the keys `train`, `validation` and `test`, and the topologies of each under `cath_nodes`, which
    are not needed here.

    Args:
        path: JSON file.

    Returns:
        Split of each chain, by a name such as `12asA`, with which the names of its domains begin.

    Raises:
        DatasetError: if the file cannot be read, or a chain is in two splits.
    """
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
        chains = {split: [str(chain) for chain in content[split]] for split in SPLITS}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DatasetError(
            f"{fspath(path)}: no file of splits ({type(error).__name__}: {error}); expected JSON "
            f"with lists of chains by the keys {', '.join(SPLITS)}"
        ) from error
    split_of: dict[str, str] = {}
    for split, names in chains.items():
        for name in names:
            code, _, chain = name.partition(".")
            if split_of.setdefault(f"{code.lower()}{chain}", split) != split:
                raise DatasetError(f"{fspath(path)}: chain {name} is in two splits")
    return split_of
