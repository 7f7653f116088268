"""Figures of interface sites: what labels are worth, and what predictions are off by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proteingraph.files import replacing
from proteingraph.io import AMINO_ACIDS

__all__ = ["draw_curve", "draw_errors"]

Array = NDArray[np.floating[Any]]


def draw_curve(
    figures: Mapping[str, Mapping[float, Sequence[float]]], guess: float, path: Path
) -> None:
    """Draw AUPRC against the share of the labels that is trained on.

    Args:
        figures: Of each method, AUPRC of its runs by share.
        guess: AUPRC of guessing, the share of positives.
        path: PNG file to write.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.6, 3.2), layout="constrained", dpi=100)
    FigureCanvasAgg(figure)
    panel = figure.subplots()
    for method, runs in figures.items():
        shares = sorted(runs)
        mean = [float(np.mean(runs[share])) for share in shares]
        spread = [
            float(np.std(runs[share], ddof=1)) if len(runs[share]) > 1 else 0.0 for share in shares
        ]
        panel.errorbar([100 * s for s in shares], mean, spread, marker="o", capsize=3, label=method)
    panel.axhline(guess, color="0.6", linewidth=0.8, label="guessing")
    panel.set_xscale("log")
    panel.set_xticks([10, 25, 50, 100], ["10", "25", "50", "100"])
    panel.set_xlabel("labels trained on (%)")
    panel.set_ylabel("AUPRC")
    panel.legend(fontsize=7)
    _save(figure, path)


def draw_errors(
    probability: Sequence[Array],
    site: Sequence[NDArray[np.int64]],
    residue_type: Sequence[NDArray[Any]],
    path: Path,
) -> None:
    """Draw what predictions are off by: by chain, by probability, and by amino acid.

    Args:
        probability: Of the residues of each chain.
        site: Their labels, 0 or 1.
        residue_type: Their numbers of amino acids.
        path: PNG file to write.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from sklearn.metrics import average_precision_score

    figure = Figure(figsize=(11, 3.2), layout="constrained", dpi=90)
    FigureCanvasAgg(figure)
    chains, bins, types = figure.subplots(1, 3)
    share = [float(labels.mean()) for labels in site]
    precision = [
        float(average_precision_score(labels, values))
        for labels, values in zip(site, probability, strict=True)
    ]
    chains.plot(share, precision, "o", markersize=4)
    chains.plot([0, 1], [0, 1], color="0.6", linewidth=0.8)
    chains.set(xlabel="share of a chain that is a site", ylabel="AUPRC of the chain", xlim=(0, 0.6))
    values, labels = np.concatenate(probability), np.concatenate(site)
    edges = np.quantile(values, np.linspace(0, 1, 11))
    place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, 9)
    told = [float(values[place == number].mean()) for number in range(10)]
    true = [float(labels[place == number].mean()) for number in range(10)]
    bins.plot(told, true, "o-", markersize=4)
    bins.plot([0, max(told)], [0, max(told)], color="0.6", linewidth=0.8)
    bins.set(xlabel="predicted probability", ylabel="share that is a site")
    kinds = np.concatenate(residue_type)
    for number, letter in enumerate(AMINO_ACIDS):
        mine = kinds == number
        types.text(
            float(values[mine].mean()), float(labels[mine].mean()), letter, fontsize=8, clip_on=True
        )
    limit = (0.05, 0.35)
    types.plot(limit, limit, color="0.6", linewidth=0.8)
    types.set(
        xlabel="mean probability of an amino acid",
        ylabel="share that is a site",
        xlim=limit,
        ylim=limit,
    )
    _save(figure, path)


def _save(figure: Any, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as partial:
        figure.savefig(partial, format="png")
