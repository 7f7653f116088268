"""What networks were measured to do, as records keep it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from proteingraph.zoo.fields import STRICT, Count, NotNegative, Positive, Share, Text

__all__ = ["DenoisingResult", "Measure", "Results", "RetrievalResult", "TaskResult"]


@dataclass(config=STRICT, frozen=True)
class DenoisingResult:
    """Denoising of held-out structures at one level of noise.

    Attributes:
        sigma: Noise in Å.
        error: Mean squared error of the unit noise; 1 for predicting nothing.
        rmsd_perturbed: RMSD of CA with the noise, in Å, superposed; None if not measured.
        rmsd_denoised: RMSD after one denoising step, in Å; None if not measured.
    """

    sigma: Positive
    error: NotNegative
    rmsd_perturbed: NotNegative | None = None
    rmsd_denoised: NotNegative | None = None


@dataclass(config=STRICT, frozen=True)
class RetrievalResult:
    """Search for relatives among held-out domains.

    Attributes:
        method: What was compared: network and read-out.
        family: Share of a domain's family found before the first domain of another fold.
        superfamily: The same of its superfamily, other families only.
        fold: The same of its fold, other superfamilies only.
        top1: Share of domains whose nearest other one is of their superfamily.
    """

    method: Text
    family: Share
    superfamily: Share
    fold: Share
    top1: Share


@dataclass(config=STRICT, frozen=True)
class Measure:
    """A measure over runs that differ in their seed.

    Attributes:
        mean: Mean over the runs.
        std: Their standard deviation; None where there is one run.
        runs: Number of runs.
    """

    mean: float
    std: NotNegative | None = None
    runs: Count = 1

    def __str__(self) -> str:
        """The figure as people read it."""
        return f"{self.mean:.3f}" + ("" if self.std is None else f" ± {self.std:.3f}")


@dataclass(config=STRICT, frozen=True)
class TaskResult:
    """Predictions of labels that were held out.

    Attributes:
        on: Structures predicted.
        track: What was seen of them, or trained on: figures of different tracks do not compare.
        measures: Measures by name, such as ``auprc``.
    """

    on: Text
    track: Text
    measures: Annotated[dict[str, Measure], Field(min_length=1)]


@dataclass(config=STRICT, frozen=True)
class Results:
    """What a network was measured to do.

    Attributes:
        denoising_on: Structures, command and commit of the denoising figures.
        denoising: Figures by noise, largest first.
        retrieval_on: Structures, command and commit of the retrieval figures.
        retrieval: The network first, then what it is compared with.
        task_on: Commands and commits of the figures of a task.
        task: Figures of a task, each set of structures and track by itself.
    """

    denoising_on: str = ""
    denoising: tuple[DenoisingResult, ...] = ()
    retrieval_on: str = ""
    retrieval: tuple[RetrievalResult, ...] = ()
    task_on: str = ""
    task: tuple[TaskResult, ...] = ()

    def error_at(self, sigma: float) -> float | None:
        """Error of the unit noise at a noise in Å, if it was measured."""
        return next((row.error for row in self.denoising if row.sigma == sigma), None)
