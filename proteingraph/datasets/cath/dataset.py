"""CATH as a data set: representative domains, their classes and splits."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from os import PathLike, fspath
from pathlib import Path

import numpy as np
from torch_geometric.data import Data

from proteingraph.datasets.cath.boundaries import read_boundaries
from proteingraph.datasets.cath.domain_list import (
    CLUSTERS,
    CathDomain,
    cluster_heads,
    read_domain_list,
    read_name_list,
)
from proteingraph.datasets.cath.names import read_names
from proteingraph.datasets.cath.release import NONREDUNDANT, CathRelease
from proteingraph.datasets.cath.splits import read_chain_splits
from proteingraph.datasets.cath.structures import chop_entries, read_domain_archive
from proteingraph.datasets.domains import DomainDataset
from proteingraph.datasets.entries import EntrySource
from proteingraph.datasets.folder import Failure
from proteingraph.datasets.hierarchy import (
    CATH_LEVELS,
    FRACTIONS,
    check_fractions,
    check_level,
    check_split,
    level_labels,
    split_of_code,
)
from proteingraph.datasets.labelled import LabelledCorpus
from proteingraph.datasets.processed import keep_store
from proteingraph.errors import DatasetError

__all__ = ["CATH"]

log = logging.getLogger(__name__)

FAMILY_LEVEL = "s35"


class CATH(DomainDataset):
    """Domains of a CATH release (https://www.cathdb.info), split by topology or superfamily.

    What is in `root/raw`, named as CATH names it, is used; the rest is downloaded there. The
    structures are read once, in minutes, a few at a time, and kept in a store in `root/processed`
    (a `ChainStore`, 80 bytes a residue), which is read as graphs are asked for. Domains that are
    listed without a structure (as those of obsolete PDB entries), and what cannot be read, are left
    out and listed in `failures`. Domains come in the order of their names.

    Beside the attributes of a structure, a graph has `y` (number of its class at `level`, int64
    [1]) and, as text, `cath_code` (such as `1.10.8.10`), the codes down to each level,
    `cath_class`, `cath_architecture`, `cath_topology` and `cath_superfamily`, that of the cluster
    at 35 % sequence identity, `cath_s35`, `chain_name` (such as `1cuk_A`) and `split`. Its `name`
    is the domain's (such as `1cukA03`).

    A split follows from a code by rule (`split_of_code`): a topology is in the same split in every
    set of representatives, and in the next release.

    Args:
        root: folder for the files.
        version: release, such as `v4_3_0`; or `latest`, which stays what it was when it was
            downloaded. Default: `v4_3_0`.
        level: `class`, `architecture`, `topology` or `superfamily`. Default: `topology`.
        split: `train`, `validation` or `test`; `None` for all. Default: `None`.
        representatives: `S20` or `S40`, for which CATH offers structures; with `entries` also
            `S35`, `S60`, `S95` or `S100` (the first domain of each cluster), or `None` for all
            domains, half a million. Default: `S40`.
        transform: applied to a graph at each access. Default: none.
        pre_transform: applied to each graph once. Default: none.
        pre_filter: keeps only the graphs for which it is true. Default: keeps all.
        split_by: level whose codes are in one split only: one of those of `level`, or `s35` for
            clusters at 35 % sequence identity. Default: `superfamily` if that is the level, else
            `topology`.
        fractions: shares of the codes that are in each split. Default: 0.8, 0.1 and 0.1.
        seed: other seeds give other splits. Default: 0.
        split_file: published split of chains to use instead of the rule, in the form of the
            `chain_set_splits.json` of Ingraham et al. (CATH 4.2, by topology); domains of chains
            that it does not name are left out. Default: none.
        entries: whole PDB entries to cut the domains from instead of downloading their structures:
            a folder (see `EntrySource`), or an address with `{code}` in place of the entry, such as
            `https://files.rcsb.org/download/{code}.cif.gz`. Default: none.
        base_url: mirror to download from, in the layout of
            https://download.cathdb.info/cath/releases. Default: that, or what the environment
            variable `PROTEINGRAPH_CATH_URL` says.
        force_reload: whether to read the structures anew. Default: `False`.

    Attributes:
        classes: code of each class at `level`, in the order of their numbers, of all splits.
        failures: domains that were left out, with reasons.

    Raises:
        DatasetError: if an option has no such value, or a file is damaged.
        DownloadError: if a file is not there and cannot be downloaded; says where to put it.
    """

    def __init__(
        self,
        root: str | PathLike[str],
        version: str = "v4_3_0",
        level: str = "topology",
        split: str | None = None,
        representatives: str | None = "S40",
        transform: Callable[[Data], Data] | None = None,
        pre_transform: Callable[[Data], Data] | None = None,
        pre_filter: Callable[[Data], bool] | None = None,
        *,
        split_by: str | None = None,
        fractions: Sequence[float] = FRACTIONS,
        seed: int = 0,
        split_file: str | PathLike[str] | None = None,
        entries: str | PathLike[str] | None = None,
        base_url: str | None = None,
        force_reload: bool = False,
    ) -> None:
        """Read the domains, downloading them first if need be."""
        self.level, self.split = check_level(level, CATH_LEVELS), check_split(split)
        self.split_by = split_by or ("superfamily" if level == "superfamily" else "topology")
        check_level(self.split_by, (*CATH_LEVELS, FAMILY_LEVEL))
        check_fractions(fractions)
        _check_representatives(representatives, entries is not None)
        self._release = CathRelease(Path(root) / "raw", version, base_url)
        source = "dompdb" if entries is None else "entries"
        store, self.failures = keep_store(
            Path(root) / "processed" / f"{source}-{representatives or 'all'}-{version}",
            lambda failures: _read(self._release, representatives, entries, failures),
            force=force_reload,
        )
        if split_file is None:
            codes = store.labels[f"cath_{self.split_by}"].tolist()
            of_code = {code: split_of_code(code, fractions, seed) for code in set(codes)}
            splits = np.array([of_code[code] for code in codes], np.str_)
        else:
            chains = read_chain_splits(split_file)
            splits = np.array([chains.get(name[:5], "") for name in store.names.tolist()], np.str_)
        super().__init__(
            LabelledCorpus(store, {"split": splits}),
            splits == split if split else splits != "",
            f"cath_{level}",
            transform,
            pre_transform,
            pre_filter,
        )
        self.root = fspath(root)

    def class_names(self) -> list[str]:
        """Read what the classes are called, such as `Mainly Alpha`.

        Returns:
            Name of each of `classes`; empty where CATH gives none, as for many superfamilies.

        Raises:
            DownloadError: if the names are not there and cannot be downloaded.
            DatasetError: if their file is damaged.
        """
        nodes = read_names(self._release.names())
        return [nodes[code].name if code in nodes else "" for code in self.classes]


def _check_representatives(representatives: str | None, has_entries: bool) -> None:
    known = (*NONREDUNDANT, *CLUSTERS)
    if representatives is not None and representatives not in known:
        raise DatasetError(
            f"no representatives {representatives!r}: choose one of {', '.join(known)}, or None"
        )
    if not has_entries and representatives not in NONREDUNDANT:
        raise DatasetError(
            f"CATH offers structures of {' and '.join(NONREDUNDANT)} only: name the PDB entries to "
            f"cut {representatives or 'all'} domains from, entries="
        )


def _read(
    release: CathRelease,
    representatives: str | None,
    entries: str | PathLike[str] | None,
    failures: list[Failure],
) -> Iterator[Data]:
    """Read all representatives from CATH's archive, or from whole entries."""
    source = None if entries is None else EntrySource(entries, release.folder / "entries")
    domains = read_domain_list(release.domain_list())
    of_name: dict[str, Failure] = {}
    wanted = _choose(release, domains, representatives, of_name)
    log.info("reading %d domains of CATH %s", len(wanted), release.version)
    if source is None:
        archive = release.structures(str(representatives))
        graphs = read_domain_archive(archive, wanted, of_name)
    else:
        chains = read_boundaries(release.boundaries(), {name[:5] for name in wanted})
        graphs = chop_entries(source, wanted, chains, of_name)
    for graph in graphs:
        _label(graph, domains[graph.name])
        yield graph
    for name, failure in of_name.items():
        if name in domains and domains[name].obsolete:
            reason = f"{failure.reason} (CATH lists its PDB entry as obsolete)"
            failure = replace(failure, reason=reason)
        failures.append(failure)


def _choose(
    release: CathRelease,
    domains: dict[str, CathDomain],
    representatives: str | None,
    failures: dict[str, Failure],
) -> list[str]:
    """Name the domains to read, in the order of the domain list."""
    if representatives is None:
        return list(domains)
    if representatives in CLUSTERS:
        return cluster_heads(domains.values(), representatives)
    path = release.representatives(representatives)
    names = set(read_name_list(path))
    for name in sorted(names - domains.keys()):
        failures[name] = Failure(path, f"{name}: not in the domain list")
    return [name for name in domains if name in names]


def _label(graph: Data, domain: CathDomain) -> None:
    """Set the texts that a graph carries."""
    graph.cath_code = domain.code
    for name, (code,) in level_labels([domain.code], CATH_LEVELS, "cath").items():
        graph[name] = code
    graph[f"cath_{FAMILY_LEVEL}"] = domain.cluster_code("S35")
    graph.chain_name = f"{domain.name[:4]}_{domain.name[4]}"
