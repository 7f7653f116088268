"""Chains with labels of protein-protein interaction sites: GraphPPIS and PPBS."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from benchmarks.common.annotated import (
    AnnotatedPack,
    check_split,
    hold_out,
    read_arrays,
    read_table,
    residue_types,
)
from proteingraph.datasets import ChainPack, read_split
from proteingraph.datasets.columns import entry_starts
from proteingraph.errors import DatasetError
from proteingraph.io.segments import MAX_CA_CA

__all__ = ["EVOLUTIONARY", "load_graphppis", "load_ppbs", "resembling"]

SPLITS = ("train", "validation", "test")
EVOLUTIONARY = ("pssm", "hmm")
"""Features that homologous sequences are needed for: a track of their own."""

PUBLISHED = {"Train_335": "train", "Test_60": "test"}
NEAR_TEST_60 = "near_Test_60"
UNLABELLED = -1


def load_graphppis(root: Path, validation: float = 0.1, seed: int = 0) -> dict[str, AnnotatedPack]:
    """Read the chains of GraphPPIS in its published split (Yuan et al. 2022), CA alone.

    A graph has ``site`` int64 ``[N]`` (1 at an interface), ``site_mask`` bool ``[N]`` (all true),
    float32 ``pssm [N, 20]``, ``hmm [N, 20]`` and ``dssp [N, 14]`` as published, and
    ``handedness [1]``: the share of helical quadruples that are right-handed; where it is low or
    NaN the chain may be a mirror image. No cluster is in both `train` and `validation`; two
    clusters of Train_335 reach into Test_60, which is left as published.

    Args:
        root: Folder of the corpus: `ppi_sites_graphppis.npz`, `ppi_overlap.tsv`, `chains.tsv`.
        validation: Share of Train_335 to validate on, whole clusters of it.
        seed: Of the choice of those.

    Returns:
        Packs `train`, `validation` and `test` (Test_60), with a label `cluster`: chains that
        resemble one chain of the corpus, or two of one 40 % cluster; blank where none does.

    Raises:
        DatasetError: If a file is absent or damaged.
    """
    path = root / "ppi_sites_graphppis.npz"
    told = ("chain", "split", "length", "sequence", "label", "ca", "handedness")
    arrays = read_arrays(path, *told, *EVOLUTIONARY, "dssp")
    unknown = set(arrays["split"].tolist()) - set(PUBLISHED)
    if unknown:
        raise DatasetError(f"{path}: split {min(unknown)!r} is neither of {', '.join(PUBLISHED)}")
    names, starts = arrays["chain"], entry_starts(arrays["length"])
    cluster = _clusters(root, names.tolist())
    split = np.array([PUBLISHED[one] for one in arrays["split"].tolist()], object)
    train = np.flatnonzero(split == "train")
    split[train[hold_out(cluster[train], validation, seed)]] = "validation"
    judged = split != "test"  # the published split is not ours to change
    check_split(cluster[judged], split[judged], "cluster")
    pack = ChainPack(
        coordinates=arrays["ca"][:, None].astype(np.float32),
        residue_type=residue_types(arrays["sequence"]),
        starts=starts,
        names=names,
        labels={"split": split.astype(np.str_), "cluster": cluster},
        chain_ids=np.array([name[4:] for name in names.tolist()], np.str_),
        segment=_segments(arrays["ca"], starts),
    )
    features = {name: arrays[name].astype(np.float32) for name in (*EVOLUTIONARY, "dssp")}
    values = {"handedness": arrays["handedness"].astype(np.float32)}
    whole = AnnotatedPack(pack, {**_site_columns(arrays["label"]), **features}, values)
    return {name: whole.subset(split.astype(np.str_) == name) for name in SPLITS}


def load_ppbs(
    root: Path, near_test_60: bool = False, backbone: bool = True
) -> dict[str, AnnotatedPack]:
    """Read chains with the labels of PPBS (Tubiana et al. 2022), split by 40 % cluster.

    A graph has ``site`` int64 ``[N]``: 1 at an interface, 0 not, -1 unlabelled; and ``site_mask``
    bool ``[N]``, true where labelled.

    Args:
        root: Folder of the corpus: `ppi_sites_ppbs.tsv`, `chains.npz`, `chains.tsv`, `splits.tsv`.
        near_test_60: Whether to train on the chains that resemble one of Test_60 too: only where
            nothing is measured on Test_60.
        backbone: Whether to keep N, C and O.

    Returns:
        Packs `train`, `validation` and `test`, with labels `cluster40` (blank: none),
        `scannet_split` and `near_test_60` (``"1"`` or ``"0"``).

    Raises:
        DatasetError: If a file is absent or does not fit the others, or a cluster is in two splits.
    """
    path = root / "ppi_sites_ppbs.tsv"
    table = read_table(path, "chain", "scannet_split")
    texts = table.iloc[:, 2]
    table = table.assign(
        split=table["chain"].map(read_split(root / "splits.tsv", "sites_ppbs_split"))
    )
    for name in ("near_test_60", "cluster40"):
        source = root / ("chains.tsv" if name == "cluster40" else "splits.tsv")
        table[name] = table["chain"].map(read_split(source, name)).fillna("")
    near = (table["split"] == NEAR_TEST_60) | (table["near_test_60"] == "1")
    if near_test_60:
        table.loc[table["split"] == NEAR_TEST_60, "split"] = "train"
    else:
        table, texts = table[~near], texts[~near]
    check_split(table["cluster40"], table["split"], "cluster40")
    chains = ChainPack.from_chains_npz(root / "chains.npz")
    row_of = {name: row for row, name in enumerate(chains.names.tolist())}
    absent = [name for name in table["chain"] if name not in row_of]
    if absent:
        raise DatasetError(f"{root / 'chains.npz'} lacks {absent[0]} of {path}")
    pack = (chains if backbone else chains.trace()).subset(
        [row_of[name] for name in table["chain"]]
    )
    for name, length, text in zip(table["chain"], pack.lengths.tolist(), texts, strict=True):
        if len(text) != length or set(text) - set("01?"):
            raise DatasetError(f"{path}: {name} needs {length} labels out of 0, 1 and ?")
    labels = {
        name: table[name].to_numpy(np.str_)
        for name in ("split", "cluster40", "scannet_split", "near_test_60")
    }
    letters = np.frombuffer("".join(texts).encode(), np.uint8).astype(np.int64)
    site = np.where(letters == ord("?"), UNLABELLED, letters - ord("0"))
    whole = AnnotatedPack(replace(pack, labels=labels), _site_columns(site))
    return {name: whole.subset(labels["split"] == name) for name in SPLITS}


def resembling(root: Path, names: ArrayLike, chains: ArrayLike) -> NDArray[np.bool_]:
    """Which chains of GraphPPIS resemble one of the corpus, or one of the same 40 % cluster.

    Args:
        root: Folder of the corpus: `ppi_overlap.tsv`, `chains.tsv`.
        names: Chains of GraphPPIS, ``[n]``.
        chains: Chains of the corpus.

    Returns:
        Bool ``[n]``.
    """
    table = read_table(root / "ppi_overlap.tsv", "chain", "ppi_chain")
    cluster40 = read_split(root / "chains.tsv", "cluster40")
    known = {cluster40.get(chain, "") or chain for chain in np.asarray(chains).tolist()}
    alike = [(cluster40.get(chain, "") or chain) in known for chain in table["chain"]]
    return np.isin(np.asarray(names), table["ppi_chain"].to_numpy(np.str_)[alike])


def _site_columns(site: NDArray[Any]) -> dict[str, NDArray[Any]]:
    return {"site": site.astype(np.int64), "site_mask": site != UNLABELLED}


def _segments(ca: NDArray[np.float32], starts: NDArray[np.int64]) -> NDArray[np.int32]:
    """Number of the unbroken stretch in its chain, told by CA-CA distances alone."""
    broken = np.zeros(len(ca), np.int64)
    broken[1:] = np.linalg.norm(np.diff(ca, axis=0), axis=1) > MAX_CA_CA
    broken[starts[:-1]] = 0
    count = np.cumsum(broken)
    segment: NDArray[np.int32] = (count - np.repeat(count[starts[:-1]], np.diff(starts))).astype(
        np.int32
    )
    return segment


def _clusters(root: Path, names: list[str]) -> NDArray[np.str_]:
    """Chains that resemble one chain of the corpus, or two of one cluster, go together."""
    table = read_table(root / "ppi_overlap.tsv", "chain", "ppi_chain")
    cluster40 = read_split(root / "chains.tsv", "cluster40")
    table = table[table["ppi_chain"].isin(names)]
    row_of = {name: row for row, name in enumerate(names)}
    ours = table["ppi_chain"].map(row_of).to_numpy(np.int64)
    hits = [cluster40.get(chain, "") or chain for chain in table["chain"]]
    _, hit = np.unique(np.array(hits, np.str_), return_inverse=True)
    size = len(names) + int(hit.max(initial=-1)) + 1
    links = coo_array((np.ones(len(ours)), (ours, len(names) + hit.reshape(-1))), (size, size))
    part = connected_components(links, directed=False)[1][: len(names)]
    first = {number: name for name, number in zip(reversed(names), reversed(part), strict=True)}
    has_hit = np.isin(np.arange(len(names)), ours)
    found = [first[number] if hit else "" for number, hit in zip(part, has_hit, strict=True)]
    return np.array(found, np.str_)
