"""A trained task, and what it predicts of structures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch_geometric.data import Data

from proteingraph.datasets import ChainPack
from proteingraph.errors import ConfigError, StructureError
from proteingraph.io import Structure
from proteingraph.io.identity import residue_identity
from proteingraph.tasks.calibration import Calibration, Interval
from proteingraph.tasks.metrics import as_array
from proteingraph.tasks.saved import load_task, save_task
from proteingraph.tasks.target import Target

if TYPE_CHECKING:
    from proteingraph.tasks.module import SupervisedTask

__all__ = ["TaskModel", "TaskPrediction"]


@dataclass(frozen=True, eq=False)
class TaskPrediction:
    """What is predicted of a chain.

    Attributes:
        name: Name of the structure.
        chain: Name of the chain; the names of all, joined by commas, if there are several.
        sequence: One-letter codes of its residues, those with CA, X where unknown.
        residue_chain: Chain of each residue, ``[L]``.
        residue_number: Residue numbers, int32 ``[L]``.
        insertion_code: Insertion codes, ``[L]``; empty where there is none.
        values: Calibrated probabilities, or values of a regression, float32: ``[L]`` of residues,
            ``[1]`` of the protein or ``[E]`` of pairs; with a column a class if there are several.
        pair_index: Rows of source and target residue of each pair, int64 ``[2, E]``; None of other
            levels.
    """

    name: str
    chain: str
    sequence: str
    residue_chain: NDArray[np.str_]
    residue_number: NDArray[np.int32]
    insertion_code: NDArray[np.str_]
    values: NDArray[np.float32]
    pair_index: NDArray[np.int64] | None = None


@dataclass(eq=False)
class TaskModel:
    """A network and a head that were trained on labels, with their calibration.

    Attributes:
        task: Network and head, in evaluation mode.
        calibration: Of their scores.
        threshold: Probability from which on an item is called positive, as chosen on the
            validation set; None where there is no such choice.
        features: Names of the further features of residues that the head takes.
        training: What was said about how the task came about.
        interval: Of the mean over a chain of predicted values of its residues, as found on the
            validation set; None where it is not known.
    """

    task: SupervisedTask
    calibration: Calibration = field(default_factory=Calibration)
    threshold: float | None = None
    features: tuple[str, ...] = ()
    training: Mapping[str, Any] = field(default_factory=dict)
    interval: Interval | None = None

    @property
    def target(self) -> Target:
        """What is predicted."""
        return self.task.target

    def predict(
        self,
        source: Structure | Sequence[Data],
        features: Sequence[ArrayLike] | None = None,
        *,
        residues: int = 3000,
    ) -> list[TaskPrediction]:
        """Predict for the chains of a structure, each on its own, or for graphs.

        Args:
            source: Structure, or graphs without edges as `Structure.to_data` or a data set gives
                them. Residues without CA are left out.
            features: Further features of the residues of each chain, ``[L, F]``, if the task takes
                any. (default: none)
            residues: Residues in a batch, and in a window of a chain that is longer, about.
                (default: :obj:`3000`)

        Returns:
            One record a chain or graph.

        Raises:
            StructureError: If a chain has no residue with CA.
            ConfigError: If the task takes further features and there are none, or the other way
                round.
        """
        from proteingraph.tasks.examples import Examples
        from proteingraph.tasks.predict import predict_scores

        if isinstance(source, Structure):
            has_ca = source.select(source.backbone_mask[:, 1])
            if not len(has_ca):
                raise StructureError(f"{source.name}: no residue has a CA atom")
            graphs = [part.to_data() for part in has_ca.split_chains()]
        else:
            graphs = list(source)
        self._check_features(features)
        if not graphs:
            return []
        corpus = ChainPack.from_data(graphs)
        examples = Examples(corpus, np.zeros(len(corpus)), features)
        overlap = min(200, residues // 4)
        scored = predict_scores(self.task, examples, residues, residues, overlap)
        return [
            _record(
                graph,
                as_array(self.target.values(self.calibration(scores.scores))),
                None if scores.pair_index is None else scores.pair_index.numpy(),
            )
            for graph, scores in zip(graphs, scored, strict=True)
        ]

    def _check_features(self, features: Sequence[ArrayLike] | None) -> None:
        wanted = len(self.features)
        if (features is not None) != bool(wanted):
            raise ConfigError(
                f"{self.target.name} is predicted from {wanted} further features of residues"
                f"{' (' + ', '.join(self.features) + ')' if wanted else ''}: give "
                f"{'them, [L, ' + str(wanted) + '] a chain' if wanted else 'none'}"
            )
        for values in features or ():
            if np.ndim(values) != 2 or np.shape(values)[1] != wanted:
                raise ConfigError(f"features must be [L, {wanted}], got {np.shape(values)}")

    def save_pretrained(self, folder: str | PathLike[str]) -> None:
        """Save to a folder; see `proteingraph.tasks.saved.save_task`."""
        save_task(
            folder,
            self.task,
            self.calibration,
            self.threshold,
            self.features,
            self.training,
            self.interval,
        )

    @classmethod
    def from_pretrained(cls, folder: str | PathLike[str]) -> TaskModel:
        """Load what :meth:`save_pretrained` saved, in evaluation mode.

        Args:
            folder: The folder; `proteingraph.zoo.load_task` takes names of the zoo too.

        Raises:
            WeightsError: If a file is absent, damaged, of another format version, or not the one
                that was saved with the others.
        """
        return cls(*load_task(folder))

    def __repr__(self) -> str:
        target = self.target
        return (
            f"{type(self).__name__}({target.name!r}, level={target.level!r}, kind={target.kind!r})"
        )


def _record(
    graph: Data, values: NDArray[np.float32], pair_index: NDArray[np.int64] | None
) -> TaskPrediction:
    return TaskPrediction(**residue_identity(graph), values=values, pair_index=pair_index)
