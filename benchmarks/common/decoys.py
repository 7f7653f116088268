"""Comparative models with their true quality, and the natives that they are models of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.common.annotated import (
    AnnotatedPack,
    check_split,
    read_arrays,
    read_table,
    residue_types,
)
from proteingraph.datasets import ChainPack
from proteingraph.errors import DatasetError
from proteingraph.io.segments import number_segments

__all__ = ["ARTEFACTS", "QUALITY", "load_decoys", "load_natives"]

SPLITS = ("train", "validation", "test")
QUALITY = ("gdt_ts", "tm_score", "lddt_modelled")
"""Scores of a whole model, each in [0, 1]."""
ARTEFACTS = ("coverage", "gaps_left", "ca_clashes", "chain_breaks")
"""What a model shows of how it was built: a network must be better than what these tell."""


def load_decoys(root: Path, backbone: bool = True) -> dict[str, AnnotatedPack]:
    """Read comparative models, split so that no related targets are in two splits.

    A graph has ``lddt`` float32 ``[N]`` (of CA, over neighbours that are modelled), ``lddt_full``
    (those that are not count as lost), ``lddt_mask`` bool ``[N]`` (all true), the scores of
    `QUALITY` and the numbers of `ARTEFACTS`, float32 ``[1]``. Residue numbers are places in the
    target, from 1; gaps and breaks end a segment.

    Args:
        root: Folder of the corpus: `decoys.npz`, `decoys.tsv`, `decoy_targets.tsv`.
        backbone: Whether to keep N, C and O.

    Returns:
        Packs `train`, `validation` and `test`, with labels `target`, `kind`, `split_group` and
        `cluster40` of the target.

    Raises:
        DatasetError: If a file is absent, damaged or does not fit the others, or a group or
            cluster is in two splits.
    """
    path = root / "decoys.npz"
    told = ("decoy", "decoy_target", "decoy_start", "residue", "backbone", "lddt", "lddt_full")
    arrays = read_arrays(path, *told, "target", "target_start", "target_sequence")
    rows = read_table(root / "decoys.tsv", "decoy_id", "target", "kind", *QUALITY, *ARTEFACTS)
    names, number = arrays["decoy"], arrays["decoy_target"].astype(np.int64)
    if rows["decoy_id"].tolist() != names.tolist():
        raise DatasetError(f"{root / 'decoys.tsv'}: not the decoys of {path}, in their order")
    starts = arrays["decoy_start"].astype(np.int64)
    residue = arrays["residue"].astype(np.int64)
    owner = np.repeat(np.arange(len(names)), np.diff(starts))
    place = arrays["target_start"].astype(np.int64)[number][owner] + residue
    coordinates = arrays["backbone"].astype(np.float32) * np.float32(0.01)
    of_target = _targets(root, arrays["target"].tolist())
    labels = {name: text[number] for name, text in of_target.items()}
    pack = ChainPack(
        coordinates=coordinates if backbone else coordinates[:, [1]],
        residue_type=residue_types(arrays["target_sequence"])[place],
        starts=starts,
        names=names,
        labels={**labels, "kind": rows["kind"].to_numpy(np.str_)},
        segment=_segments(coordinates, owner, residue, starts),
        residue_number=(residue + 1).astype(np.int32),
    )
    columns = {name: arrays[name].astype(np.float32) for name in ("lddt", "lddt_full")}
    columns["lddt_mask"] = np.ones(len(owner), np.bool_)
    values = {name: rows[name].to_numpy(np.float32) for name in (*QUALITY, *ARTEFACTS)}
    whole = AnnotatedPack(pack, columns, values)
    return {name: whole.subset(labels["split"] == name) for name in SPLITS}


def load_natives(root: Path) -> dict[str, ChainPack]:
    """Read the natives of the comparative models, in the same split, to make decoys from.

    Args:
        root: Folder of the corpus: `decoys.npz`, `decoy_targets.tsv`.

    Returns:
        Packs `train`, `validation` and `test` with labels `target`, `split_group`, `cluster40`.

    Raises:
        DatasetError: If a file is absent or damaged, or a group or cluster is in two splits.
    """
    told = ("target", "target_start", "target_sequence", "target_backbone")
    arrays = read_arrays(root / "decoys.npz", *told)
    starts = arrays["target_start"].astype(np.int64)
    coordinates = arrays["target_backbone"].astype(np.float32) * np.float32(0.01)
    labels = _targets(root, arrays["target"].tolist())
    pack = ChainPack(
        coordinates=coordinates,
        residue_type=residue_types(arrays["target_sequence"]),
        starts=starts,
        names=arrays["target"],
        labels=labels,
    )
    return {name: pack.subset(labels["split"] == name) for name in SPLITS}


def _targets(root: Path, targets: list[str]) -> dict[str, NDArray[np.str_]]:
    """Texts of each target, whose groups and clusters each lie in one split."""
    path = root / "decoy_targets.tsv"
    names = ("target", "split", "split_group", "cluster40")
    table = read_table(path, *names).set_index("target", drop=False)
    absent = [target for target in targets if target not in table.index]
    if absent:
        raise DatasetError(f"{path}: no target {absent[0]}")
    table = table.loc[targets]
    for name in ("split_group", "cluster40"):
        check_split(table[name], table["split"], name)
    return {name: table[name].to_numpy(np.str_) for name in names}


def _segments(
    coordinates: NDArray[np.float32],
    owner: NDArray[np.int64],
    residue: NDArray[np.int64],
    starts: NDArray[np.int64],
) -> NDArray[np.int32]:
    """Number of the unbroken stretch in its model: ended by a missing residue or bond."""
    there = np.ones(coordinates.shape[:2], np.bool_)
    # A residue that is missing parts its neighbours even where they touch.
    gap = np.concatenate([[0], np.cumsum(np.diff(residue) != 1)])
    inserted = np.full(len(owner), "")
    count = number_segments(owner * (gap[-1] + 1) + gap, coordinates, there, residue, inserted)
    count -= np.repeat(count[starts[:-1]], np.diff(starts))
    segment: NDArray[np.int32] = count.astype(np.int32)
    return segment
