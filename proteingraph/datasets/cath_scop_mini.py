"""Domains with both a CATH and a SCOPe code, shipped with the package."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files

import numpy as np
from torch_geometric.data import Data

from proteingraph.datasets.domains import DomainDataset
from proteingraph.datasets.hierarchy import (
    CATH_LEVELS,
    SCOP_LEVELS,
    SPLITS,
    check_level,
    level_labels,
)
from proteingraph.datasets.pack import ChainPack
from proteingraph.errors import DatasetError

__all__ = ["CathScopMini", "load_cath_scop_mini"]

LEVELS = {"cath": CATH_LEVELS, "scop": SCOP_LEVELS}
DEFAULT_LEVEL = {"cath": "topology", "scop": "fold"}


class CathScopMini(DomainDataset):
    """Real domains on which CATH (4.3, 4.2) and SCOPe 2.08 agree, split by fold; no download.

    Each domain represents a cluster of 40 % sequence identity. No superfamily, whether CATH's or
    SCOPe's, and no SCOPe fold occurs in two splits. Coordinates are of N, CA, C and O, to 0.01 Å.

    Beside the attributes of a structure (`pos`, `backbone`, `residue_type`, ...), a graph has as
    text `cath_code` (such as `1.10.1290.10`: class, architecture, topology, superfamily), `sccs`
    (such as `d.180.1.1`: class, fold, superfamily, family), `scop_sid` (such as `d16vpa_`) and
    `chain_name` (such as `16vp_A`). The codes down to each level are in `cath_class`,
    `cath_architecture`, `cath_topology`, `cath_superfamily`, `scop_class`, `scop_fold`,
    `scop_superfamily` and `scop_family`. Its `name` is the CATH domain (`16vpA00`);
    `residue_number` is the place in the SEQRES record, from 1 (mmCIF's `label_seq_id`). Each chain
    was moved as a whole to a place of its own: coordinates of two domains of one entry do not
    belong together.

    =============== ====== ================ =================
    split           graphs CATH             SCOPe
    =============== ====== ================ =================
    ``train``       2,269  752 superfam.    707 superfam.
    ``validation``  204    72 superfam.     59 superfam.
    ``test``        557    89 superfam.     79 superfam.
    =============== ====== ================ =================

    Args:
        split: `train`, `validation` or `test`. Default: `train`.
        transform: applied to a graph at each access. Default: none.
        pre_transform: applied to each graph once. Default: none.
        pre_filter: keeps only the graphs for which it is true. Default: keeps all.
        labels: `cath` or `scop`, for graphs with `y`, the number of their class, int64 [1], as the
            data sets `CATH` and `SCOPe` give it. Default: none.
        level: level of these classes: for CATH `class`, `architecture`, `topology` or
            `superfamily`; for SCOPe `class`, `fold`, `superfamily` or `family`. Default: `topology`
            and `fold`.

    Attributes:
        classes: code of each class, in the order of their numbers, of all splits.

    Raises:
        DatasetError: if there is no such split, label set or level.

    Examples:
        >>> domains = CathScopMini(split="validation")
        >>> len(domains)
        204
        >>> domains[0].sccs.count(".")
        3
        >>> CathScopMini("test", labels="cath", level="class").classes
        ['1', '2', '3', '4', '6']
    """

    def __init__(
        self,
        split: str = "train",
        transform: Callable[[Data], Data] | None = None,
        pre_transform: Callable[[Data], Data] | None = None,
        pre_filter: Callable[[Data], bool] | None = None,
        labels: str | None = None,
        level: str | None = None,
    ) -> None:
        """Read one split of the shipped file."""
        if split not in SPLITS:
            raise DatasetError(f"no split {split!r}: choose one of {', '.join(SPLITS)}")
        self.split = split
        target = _target(labels, level)
        pack = load_cath_scop_mini()
        chosen = np.asarray(pack.labels["split"]) == split
        super().__init__(pack, chosen, target, transform, pre_transform, pre_filter)


def _target(labels: str | None, level: str | None) -> str | None:
    """Name the label that holds the classes."""
    if labels is None:
        if level is not None:
            raise DatasetError(f"level {level!r} of which classes? Give labels='cath' or 'scop'")
        return None
    if labels not in LEVELS:
        raise DatasetError(f"no labels {labels!r}: choose one of {', '.join(LEVELS)}")
    return f"{labels}_{check_level(level or DEFAULT_LEVEL[labels], LEVELS[labels])}"


def load_cath_scop_mini() -> ChainPack:
    """Read all shipped domains.

    Returns:
        Domains with labels `cath_code`, `sccs`, `scop_sid`, `chain_name` and `split`, and the codes
        down to each level: `cath_class`, ..., `scop_family`.
    """
    shipped = files("proteingraph.datasets").joinpath("cath_scop_mini.npz")
    with shipped.open("rb") as file:
        pack = ChainPack.load(file)  # type: ignore[arg-type]
    cut = level_labels(pack.labels["cath_code"].tolist(), LEVELS["cath"], "cath")
    cut |= level_labels(pack.labels["sccs"].tolist(), LEVELS["scop"], "scop")
    return replace(pack, labels={**pack.labels, **{key: np.array(cut[key]) for key in cut}})
