"""Domains with CATH and SCOPe codes, split by fold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from proteingraph.datasets import ChainPack, cut_domains, load_cath_scop_mini, read_split
from proteingraph.errors import DatasetError

__all__ = ["load_domains", "spread"]

SPLITS = ("train", "validation", "test")
COLUMNS = ("name", "cath_code", "sccs", "chain", "segments_0based")
# A source as `domains.tsv` calls it, the column that its codes go to, and the one that stays empty.
SOURCES = {"cath": ("cath", "cath_code", "sccs"), "scope": ("scop", "sccs", "cath_code")}


def load_domains(
    root: Path | None = None, training: str = "paired", backbone: bool = False
) -> dict[str, ChainPack]:
    """Read domains of the splits `train`, `validation` and `test`; no fold is in two of them.

    Args:
        root: Folder of the full corpus: `chains.npz`, `chains.tsv`, `benchmark_domains.tsv` and,
            for more to train on, `domains.tsv` and `splits.tsv`. (default: the domains shipped with
            the package, which are those of `benchmark_domains.tsv`)
        training: What to put into `train`: ``"paired"``, the domains on which CATH and SCOPe agree,
            representatives at 40 % identity; ``"cath"`` or ``"scope"``, all domains of that source
            on chains whose folds are trained on, relatives among them too; their other code is
            empty. (default: :obj:`"paired"`)
        backbone: Whether to keep N, C and O of the full corpus; shipped domains have them anyway.
            (default: :obj:`False`)

    Returns:
        For each split a pack of domains with labels `cath_code`, `sccs`, `chain_name` and
        `cluster40`: domains of one such cluster must not be divided. Shipped domains are a cluster
        each; in the full corpus it is the 40 % cluster of the whole chain.

    Raises:
        DatasetError: If a file is absent or lacks a column, or the shipped domains are asked for
            more.
    """
    if root is None:
        if training != "paired":
            raise DatasetError(f"{training!r} domains to train on need the full corpus: name it")
        pack = load_cath_scop_mini()
        pack = replace(pack, labels={**pack.labels, "cluster40": pack.names})
        return {split: pack.subset(np.asarray(pack.labels["split"]) == split) for split in SPLITS}
    paired = _read(root / "benchmark_domains.tsv", {"cath_id": "name"}, *COLUMNS, "split")
    tables = {split: paired[paired["split"] == split] for split in SPLITS}
    if training != "paired":
        tables["train"] = _all_of_source(root, training)
    chains = ChainPack.from_chains_npz(root / "chains.npz")
    chains = chains if backbone else chains.trace()
    clusters = read_split(root / "chains.tsv", "cluster40")
    return {split: _cut(chains, table, clusters) for split, table in tables.items()}


def spread(pack: ChainPack, number: int | None) -> ChainPack:
    """Evenly spread entries of a pack: `number` of them, or all if it has no more."""
    if number is None or number >= len(pack):
        return pack
    return pack.subset(np.linspace(0, len(pack) - 1, number).round().astype(int))


def _read(path: Path, names: dict[str, str], *columns: str) -> pd.DataFrame:
    """Read a table of text, with columns renamed; those asked for must be there afterwards."""
    try:
        table = pd.read_csv(path, sep="\t", dtype=str, na_filter=False).rename(columns=names)
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path}: cannot be read as a table ({error})") from error
    absent = [name for name in columns if name not in table]
    if absent:
        raise DatasetError(f"{path}: no column {', '.join(absent)}, only {', '.join(table)}")
    return table


def _all_of_source(root: Path, source: str) -> pd.DataFrame:
    """Domains that CATH or SCOPe has on chains whose folds are trained on."""
    called, code, other = SOURCES[source]
    table = _read(
        root / "domains.tsv",
        {"domain_id": "name", "code": code},
        *("source", "name", code, "chain", "segments_0based"),
    )
    split = read_split(root / "splits.tsv", "fold_split")
    kept = (table["source"] == called) & (table["chain"].map(split) == "train")
    return table[kept].assign(**{other: ""})


def _cut(chains: ChainPack, table: pd.DataFrame, clusters: dict[str, str]) -> ChainPack:
    row_of = {name: row for row, name in enumerate(chains.names.tolist())}
    absent = sorted(set(table["chain"]) - set(row_of))
    if absent:
        raise DatasetError(f"chains.npz lacks {absent[0]} and {len(absent) - 1} others")
    names = table["name"].tolist()
    # A blank cluster (of chains under 30 residues) is no cluster.
    found = [clusters.get(chain, "") or chain for chain in table["chain"]]
    return cut_domains(
        chains,
        [row_of[chain] for chain in table["chain"]],
        [_pieces(text) for text in table["segments_0based"]],
        names,
        {
            "cath_code": table["cath_code"].tolist(),
            "sccs": table["sccs"].tolist(),
            "chain_name": table["chain"].tolist(),
            "cluster40": found,
        },
    )


def _pieces(text: str) -> list[tuple[int, int]]:
    """Read half-open ranges such as `0-86,120-141`."""
    pieces = [piece.split("-") for piece in text.split(",")]
    return [(int(first), int(stop)) for first, stop in pieces]
