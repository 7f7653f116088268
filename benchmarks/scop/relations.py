"""Which domains of SCOPe are relatives of which, and how near."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from proteingraph.datasets.hierarchy import SCOP_LEVELS, code_at_level
from proteingraph.embedding.ranking import first_hit_accuracy, sensitivity_to_first_error

__all__ = ["LEVELS", "Relations", "chance"]

LEVELS = ("family", "superfamily", "fold")
"""From the nearest relatives to the farthest."""

Mask = NDArray[np.bool_]


class Relations:
    """Relations of queries to domains by their SCOPe codes.

    Args:
        codes: SCOPe code (`sccs`) of each domain, ``[n]``.
        queries: Numbers of the domains that are queries, ``[Q]``. (default: all)
    """

    def __init__(self, codes: Sequence[str], queries: Sequence[int] | None = None) -> None:
        self.queries = np.arange(len(codes)) if queries is None else np.asarray(queries, np.int64)
        self.other: Mask = self.queries[:, None] != np.arange(len(codes))
        """Whether a domain is another than the query, ``[Q, n]``."""
        same = {level: self._share(codes, level) for level in LEVELS}
        self.wrong: Mask = ~same["fold"]
        """Whether it is of another fold, ``[Q, n]``."""
        self.superfamily: Mask = same["superfamily"] & self.other
        """Whether it is another of the same superfamily, ``[Q, n]``."""
        self.relevant: Mapping[str, Mask] = {
            "family": same["family"] & self.other,
            "superfamily": same["superfamily"] & ~same["family"],
            "fold": same["fold"] & ~same["superfamily"],
        }
        """What to find at each level: what is shared at that level and not at a nearer one."""

    def _share(self, codes: Sequence[str], level: str) -> Mask:
        cut = np.array([code_at_level(code, level, SCOP_LEVELS) for code in codes])
        return np.equal(cut[self.queries][:, None], cut)

    def judge(self, similarity: NDArray[np.floating]) -> dict[str, float]:
        """Judge a ranking.

        Args:
            similarity: Of each query to each domain, higher is nearer, ``[Q, n]``.

        Returns:
            Sensitivity up to the first domain of another fold at each of `LEVELS`, and `top1`,
            whether the nearest other domain is of the superfamily: means over the queries that have
            something to find there (NaN if none has).
        """
        found = {
            level: sensitivity_to_first_error(similarity, self.relevant[level], self.wrong)
            for level in LEVELS
        }
        found["top1"] = first_hit_accuracy(similarity, self.superfamily, self.other)
        return {name: _mean(values) for name, values in found.items()}

    def count(self) -> dict[str, int]:
        """Number of queries that each mean of :meth:`judge` is over."""
        masks = {**self.relevant, "top1": self.superfamily}
        return {name: int(mask.any(axis=1).sum()) for name, mask in masks.items()}


def chance(relations: Relations) -> NDArray[np.float64]:
    """Similarities that say nothing: judged, they give what a random order gives on average."""
    return np.zeros(relations.other.shape)


def _mean(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
