"""SCOPe as a data set: representative domains, their classes, splits and hold-outs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from os import PathLike, fspath
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch_geometric.data import Data

from proteingraph.datasets.domains import DomainDataset
from proteingraph.datasets.entries import EntrySource
from proteingraph.datasets.folder import Failure
from proteingraph.datasets.hierarchy import (
    SCOP_LEVELS,
    check_level,
    check_split,
    level_labels,
    split_of_code,
)
from proteingraph.datasets.holdout import HOLDOUTS, split_holdouts
from proteingraph.datasets.labelled import LabelledCorpus
from proteingraph.datasets.processed import keep_store
from proteingraph.datasets.protocol import Corpus
from proteingraph.datasets.scope.astral import read_subset
from proteingraph.datasets.scope.classification import (
    NODE_LEVELS,
    ScopeDomain,
    read_classification,
)
from proteingraph.datasets.scope.release import SUBSETS, ScopeRelease
from proteingraph.datasets.scope.structures import cut_entries, read_pdbstyle
from proteingraph.datasets.scope.tree import read_descriptions
from proteingraph.errors import DatasetError

__all__ = ["SCOPe"]

log = logging.getLogger(__name__)


class SCOPe(DomainDataset):
    """Domains of the Structural Classification of Proteins — extended (https://scop.berkeley.edu).

    What is in `root/raw`, named as SCOPe names it, is used; the rest is downloaded there: the
    classification (`dir.cla`, 35 MB), the subset's sequences (4 MB) and its structures (1 GB for
    the 15,177 domains of the 40 % subset of 2.08). The structures are read once, in minutes, a few
    at a time, and kept in a store in `root/processed` (a `ChainStore`, 80 bytes a residue), which
    is read as graphs are asked for. Domains without a file, and what cannot be read, are left out
    and listed in `failures`. Domains come in the order of their names.

    Beside the attributes of a structure, a graph has `y` (number of its class at `level`, int64
    [1]) and, as text, `sccs` (such as `a.1.1.2`), `scop_sid` (such as `d1dlwa_`, also its `name`),
    `sunid`, the codes down to each level (`scop_class`, `scop_fold`, `scop_superfamily`,
    `scop_family`) and `split`. A domain of several chains is one graph.

    Without a hold-out, splits hold 80, 10 and 10 % of the folds, and no fold is in two. With one,
    they are those of `split_holdouts`, made of all domains of the subset: `test` has the
    superfamilies of known folds (`fold`), families of known superfamilies (`superfamily`) or
    domains of known families (`family`) that were held out; `train` and `validation` are the same
    for all three.

    Args:
        root: folder for the files.
        version: release, such as `2.08` or `1.75`. Default: `2.08`.
        subset: representatives of ASTRAL at 40 or 95 % sequence identity, of the classes a to g;
            `None` for all domains of all classes. Default: 40.
        level: `class`, `fold`, `superfamily` or `family`. Default: `fold`.
        split: `train`, `validation` or `test`; `None` for all three. Default: `None`.
        holdout: `fold`, `superfamily` or `family`; `None` for splits by fold. Default: `None`.
        transform: applied to a graph at each access. Default: none.
        pre_transform: applied to each graph once. Default: none.
        pre_filter: keeps only the graphs for which it is true. Default: keeps all.
        seed: other seeds give other splits and hold-outs. Default: 0.
        entries: whole PDB entries to cut the domains out of, instead of ASTRAL's files of domains:
            a folder, or an address such as `https://files.rcsb.org/download/{code}.cif.gz`.
            Default: none.
        base_url: mirror to download from, in the layout of https://scop.berkeley.edu/downloads.
            Default: that, or what the environment variable `PROTEINGRAPH_SCOPE_URL` says.
        force_reload: whether to read the structures anew. Default: `False`.

    Attributes:
        classes: code of each class at `level`, in the order of their numbers, of all splits.
        failures: domains and files that were left out, with reasons.

    Raises:
        DatasetError: if an option has no such value, a level is too fine for the hold-out (its test
            classes would not be in training), or a file is damaged.
        DownloadError: if a file is not there and cannot be downloaded; says where to put it.
    """

    def __init__(
        self,
        root: str | PathLike[str],
        version: str = "2.08",
        subset: int | None = 40,
        level: str = "fold",
        split: str | None = None,
        holdout: str | None = None,
        transform: Callable[[Data], Data] | None = None,
        pre_transform: Callable[[Data], Data] | None = None,
        pre_filter: Callable[[Data], bool] | None = None,
        *,
        seed: int = 0,
        entries: str | PathLike[str] | None = None,
        base_url: str | None = None,
        force_reload: bool = False,
    ) -> None:
        """Read the domains, downloading them first if need be."""
        _check(level, split, holdout, subset)
        self.level, self.split, self.holdout = level, split, holdout
        self._release = ScopeRelease(Path(root) / "raw", version, base_url)
        source = "pdbstyle" if entries is None else "entries"
        store, self.failures = keep_store(
            Path(root) / "processed" / f"{source}-{subset or 'all'}-{version}",
            lambda failures: _read(self._release, subset, entries, failures),
            force=force_reload,
        )
        splits = _splits(store, holdout, seed)
        super().__init__(
            LabelledCorpus(store, {"split": splits}),
            splits == split if split else splits != "",
            f"scop_{level}",
            transform,
            pre_transform,
            pre_filter,
        )
        self.root = fspath(root)

    def class_names(self) -> list[str]:
        """Read what the classes are called, such as `All alpha proteins`.

        Returns:
            Name of each of `classes`; empty where SCOPe gives none.

        Raises:
            DownloadError: if `dir.des` (16 MB) is not there and cannot be downloaded.
            DatasetError: if it is damaged.
        """
        level = NODE_LEVELS[SCOP_LEVELS.index(self.level)]
        nodes = read_descriptions(self._release.parseable("des")).values()
        names = {node.sccs: node.description for node in nodes if node.level == level}
        return [names.get(code, "") for code in self.classes]


def _check(level: str, split: str | None, holdout: str | None, subset: int | None) -> None:
    check_level(level, SCOP_LEVELS)
    check_split(split)
    if subset is not None and subset not in SUBSETS:
        raise DatasetError(f"no subset {subset!r}: choose 40 or 95 (per cent), or None for all")
    if holdout is None:
        return
    if holdout not in HOLDOUTS:
        raise DatasetError(f"no hold-out {holdout!r}: choose one of {', '.join(HOLDOUTS)}")
    if SCOP_LEVELS.index(level) > SCOP_LEVELS.index(holdout):
        raise DatasetError(
            f"level {level!r} is too fine for hold-out {holdout!r}: no {level} of its test domains "
            f"is in training; choose level {holdout!r} or a coarser one"
        )


def _splits(pack: Corpus, holdout: str | None, seed: int) -> NDArray[np.str_]:
    """Split of each domain; empty for what other hold-outs hold out, [n]."""
    if holdout is None:
        folds = pack.labels["scop_fold"].tolist()
        of_fold = {fold: split_of_code(fold, seed=seed) for fold in set(folds)}
        return np.array([of_fold[fold] for fold in folds], np.str_)
    sets = split_holdouts(pack.names.tolist(), pack.labels["sccs"].tolist(), seed)
    split_of = {"train": "train", "validation": "validation", holdout: "test"}
    return np.array([split_of.get(one, "") for one in sets.tolist()], np.str_)


def _read(
    release: ScopeRelease,
    subset: int | None,
    entries: str | PathLike[str] | None,
    failures: list[Failure],
) -> Iterator[Data]:
    """Read all domains of a subset from their files, or from whole entries."""
    domains = _list_domains(release, subset, failures)
    if entries is None:
        sources = release.structures(subset)
        log.info("reading %d domains from %s", len(domains), ", ".join(map(str, sources)))
        structures = read_pdbstyle(sources, domains, failures)
    else:
        log.info("cutting %d domains from the entries in %s", len(domains), entries)
        source = EntrySource(entries, release.folder / "entries")
        structures = cut_entries(source, domains.values(), failures)
    for structure in structures:
        graph = structure.to_data()
        if graph.num_nodes:
            _label(graph, domains[structure.name])
            yield graph
        else:
            sid = structure.name
            failures.append(Failure(Path(f"{sid}.ent"), f"{sid}: no residue with CA"))


def _list_domains(
    release: ScopeRelease, subset: int | None, failures: list[Failure]
) -> dict[str, ScopeDomain]:
    """Look up the domains of a subset in the classification."""
    path = release.parseable("cla")
    if subset is None:
        return read_classification(path)
    members = release.subset(subset)
    sids = read_subset(members)
    domains = read_classification(path, frozenset(sids))
    failures += [
        Failure(members, f"{sid}: listed in {members.name}, but not classified in {path.name}")
        for sid in sids
        if sid not in domains
    ]
    return {sid: domains[sid] for sid in sids if sid in domains}


def _label(graph: Data, domain: ScopeDomain) -> None:
    """Set the texts that a graph carries."""
    graph.sccs, graph.scop_sid, graph.sunid = domain.sccs, domain.sid, str(domain.sunid)
    for name, (code,) in level_labels([domain.sccs], SCOP_LEVELS, "scop").items():
        graph[name] = code
