"""Quality of structure models: predicted lDDT of residues, and its mean with an interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from proteingraph.assess.prediction import (
    ResiduePrediction,
    Source,
    plain,
    predict_residues,
    residue_label,
)
from proteingraph.assess.task import NamedTask, TaskSource, open_residue_task

if TYPE_CHECKING:
    from proteingraph.tasks.calibration import Interval

__all__ = ["ChainQuality", "QualityPrediction", "open_quality", "predict_quality"]

WINDOW = 10
"""Residues of the stretch that is told to be the lowest."""


@dataclass(frozen=True)
class ChainQuality:
    """Quality of a chain.

    Attributes:
        chain: Its name.
        residues: Residues with CA.
        score: Mean of their predicted lDDT.
        bounds: Where the mean of their lDDT lies with the probability that the interval says, from
            0 to 1; None where the task has no interval.
    """

    chain: str
    residues: int
    score: float
    bounds: tuple[float, float] | None


@dataclass(frozen=True, eq=False)
class QualityPrediction(ResiduePrediction):
    """Predicted lDDT of each residue of a structure model: `values`.

    Attributes:
        interval: How far the mean over a chain may be off; None where the task does not know.
    """

    interval: Interval | None = None

    @property
    def score(self) -> float:
        """Mean predicted lDDT of all residues with CA."""
        return float(self.values[self.known].mean(dtype=np.float64))

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Interval of the score; None of several chains, since it is one of the mean of a chain."""
        chains = self.chains()
        return chains[0].bounds if len(chains) == 1 else None

    def chains(self) -> list[ChainQuality]:
        """Quality of each chain that has residues with CA."""
        means = [
            (c, rows, self.values[rows].mean(dtype=np.float64)) for c, rows in self.chain_rows()
        ]
        return [ChainQuality(c, len(rows), float(m), self._bounds(m)) for c, rows, m in means]

    def _bounds(self, mean: float) -> tuple[float, float] | None:
        if self.interval is None:
            return None
        off = self.interval.half_width
        return max(0.0, float(mean) - off), min(1.0, float(mean) + off)

    def lowest(self, window: int = WINDOW) -> tuple[str, float]:
        """The stretch of a chain with the lowest mean predicted lDDT, and that mean.

        Args:
            window: Residues of a stretch; of a shorter chain, all of it. (default: :obj:`10`)

        Returns:
            Such as ``("A:45-54", 0.31)``.
        """
        found = []
        for chain, rows in self.chain_rows():
            size = min(window, len(rows))
            means = np.convolve(
                self.values[rows].astype(np.float64), np.full(size, 1 / size), "valid"
            )
            first = int(means.argmin())
            ends = (residue_label(self.structure, rows[i]) for i in (first, first + size - 1))
            found.append((float(means[first]), f"{chain}:{'-'.join(dict.fromkeys(ends))}"))
        mean, stretch = min(found)
        return stretch, mean

    def to_dict(self) -> dict[str, Any]:
        """All of it as nested dictionaries of plain values, lDDT from 0 to 1."""
        chains = self.chains()
        stretch, mean = self.lowest()
        return {
            **self.about(),
            "score": plain(self.score),
            "interval": self._plain(self.bounds),
            "lowest": {"residues": stretch, "score": plain(mean)},
            "chains": [
                {
                    "chain": chain.chain,
                    "residues": chain.residues,
                    "score": plain(chain.score),
                    "interval": self._plain(chain.bounds),
                }
                for chain in chains
            ],
            "residues": self.residues("lddt"),
        }

    def _plain(self, bounds: tuple[float, float] | None) -> dict[str, float] | None:
        if bounds is None or self.interval is None:
            return None
        low, high = bounds
        return {"level": self.interval.level, "low": plain(low), "high": plain(high)}


def open_quality(model: TaskSource = "quality_base") -> NamedTask:
    """Load a task that predicts the quality of residues; see `predict_quality`."""
    return open_residue_task(model, "bounded", "the quality of structure models")


def predict_quality(source: Source, model: TaskSource = "quality_base") -> QualityPrediction:
    """Predict the lDDT that each residue of a structure model has to the unknown true structure.

    Each chain is judged on its own: how chains are packed against each other is not.

    Args:
        source: Structure file (PDB, mmCIF, BinaryCIF, also gzipped), or a structure.
        model: Name of a task of the zoo, folder of a trained one that predicts values of residues
            from 0 to 1, or what `open_quality` loaded. (default: :obj:`"quality_base"`)

    Raises:
        StructureError: If the file cannot be read, or no residue has a CA atom.
        WeightsError: If there is no such task, or it is damaged.
        ConfigError: If it predicts something else, or needs further features.
    """
    named = open_quality(model)
    return QualityPrediction(**predict_residues(source, named), interval=named.task.interval)
