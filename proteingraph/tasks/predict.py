"""Predictions for whole chains, huge ones by windows that overlap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import torch
from torch import Tensor
from torch_geometric.data import Batch, Data

from proteingraph.tasks.examples import ExampleCrops, Examples
from proteingraph.tasks.module import SupervisedTask, match_pairs

__all__ = ["Scores", "predict_scores", "windows"]


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of the residues or pairs of a chain, or of itself.

    Attributes:
        scores: ``[N, outputs]``, ``[1, outputs]`` or ``[E, outputs]``.
        pair_index: Rows of source and target of each pair, ``[2, E]``; None of other levels.
    """

    scores: Tensor
    pair_index: Tensor | None = None

    def of_pairs(self, pairs: Tensor, residues: int) -> tuple[Tensor, Tensor]:
        """Scores of the pairs asked for, ``[2, P]``, that are connected; and which those are."""
        assert self.pair_index is not None
        rows = match_pairs(self.pair_index, pairs, residues)
        return self.scores[rows[rows >= 0]], rows >= 0


@dataclass(frozen=True)
class _Piece:
    row: int
    first: int
    last: int
    kept: slice  # of its residues


def windows(size: int, window: int, overlap: int) -> list[tuple[int, int, int, int]]:
    """Cut a chain into stretches that overlap; each residue is taken from where it lies deepest.

    Args:
        size: Residues of the chain.
        window: Residues of a stretch.
        overlap: Residues that neighboring stretches share, at least.

    Returns:
        Of each stretch its first residue and the end after its last; and of the residues that are
        taken from it, likewise.

    Raises:
        ValueError: If the overlap is not below the window.

    Example:
        >>> windows(10, 6, 2)
        [(0, 6, 0, 5), (4, 10, 5, 10)]
    """
    if not 0 <= overlap < window:
        raise ValueError(f"overlap must be from 0 to below {window}, got {overlap}")
    if size <= window:
        return [(0, size, 0, size)]
    number = -(-(size - overlap) // (window - overlap))
    starts = [round(i * (size - window) / (number - 1)) for i in range(number)]
    cuts = [0, *((a + window + b) // 2 for a, b in pairwise(starts)), size]
    return [(s, s + window, cuts[i], cuts[i + 1]) for i, s in enumerate(starts)]


def predict_scores(
    task: SupervisedTask,
    examples: Examples,
    residues: int = 3000,
    window: int = 3000,
    overlap: int = 200,
) -> list[Scores]:
    """Score the residues, proteins or pairs of chains.

    Args:
        task: A trained task, in evaluation mode.
        examples: Chains, with their further features if the task has any; labels are not looked at.
        residues: Residues in a batch, about. (default: :obj:`3000`)
        window: Where residues are predicted: longest chain that is embedded in one piece; longer
            ones are by windows. (default: :obj:`3000`)
        overlap: Residues that neighboring windows share, at least. (default: :obj:`200`)

    Returns:
        Scores of each chain, in order, before calibration.
    """
    level = task.target.level
    # Stands in for labels, which need not be there.
    blank = replace(
        examples, labels=[torch.full((n,), torch.nan) for n in examples.corpus.lengths], pairs=None
    )
    unlabelled = replace(task.target, level="residue", kind="regression", classes=[], bounded=False)
    crops = ExampleCrops(blank, unlabelled, backbone=task.model.backbone)
    pieces = []
    for row, size in enumerate(examples.corpus.lengths.tolist()):
        cut = windows(size, window, overlap) if level == "residue" else [(0, size, 0, size)]
        pieces += [_Piece(row, s, e, slice(a - s, b - s)) for s, e, a, b in cut]
    scores: list[list[Scores]] = [[] for _ in range(len(examples))]
    with torch.inference_mode():
        for group in _batches(pieces, residues):
            graphs = [crops.piece(piece.row, piece.first, piece.last) for piece in group]
            for piece, scored in zip(group, _score(task, graphs), strict=True):
                kept = piece.kept if level == "residue" else slice(None)
                scores[piece.row].append(replace(scored, scores=scored.scores[kept]))
    return [
        parts[0] if len(parts) == 1 else Scores(torch.cat([part.scores for part in parts]))
        for parts in scores
    ]


def _batches(pieces: list[_Piece], residues: int) -> Iterator[list[_Piece]]:
    batch: list[_Piece] = []
    waiting = 0
    for piece in pieces:
        size = piece.last - piece.first
        if batch and waiting + size > residues:
            yield batch
            batch, waiting = [], 0
        batch.append(piece)
        waiting += size
    if batch:
        yield batch


def _score(task: SupervisedTask, graphs: list[Data]) -> list[Scores]:
    sizes = [graph.pos.size(0) for graph in graphs]
    batch = Batch.from_data_list(graphs).to(task.device)
    embeddings = task.embed(batch)
    scores = task.score(embeddings, batch).float().cpu()
    if task.target.level == "protein":
        return [Scores(row) for row in torch.split(scores, 1)]
    if task.target.level == "residue":
        return [Scores(rows) for rows in torch.split(scores, sizes)]
    index = embeddings.edge_index.cpu()
    ends = torch.tensor(sizes).cumsum(0)
    stops = torch.searchsorted(index[1].contiguous(), ends).tolist()
    firsts, starts = [0, *stops[:-1]], [0, *ends[:-1].tolist()]
    return [
        Scores(scores[first:stop], index[:, first:stop] - start)
        for first, stop, start in zip(firsts, stops, starts, strict=True)
    ]
