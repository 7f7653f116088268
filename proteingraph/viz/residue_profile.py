"""Figure of a value along the residues of a structure."""

from __future__ import annotations

from os import PathLike

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import ArrayLike, NDArray

from proteingraph.io import Structure
from proteingraph.viz.drawing import drawing

__all__ = ["plot_residue_profile"]

BREAK = 6
"""Width of the band between chains, in residues."""

PER_INCH, WIDTHS = 30, (7.0, 24.0)
"""Residues in an inch, and the least and largest width in inches."""


def plot_residue_profile(
    structure: Structure,
    values: ArrayLike,
    path: str | PathLike[str] | None = None,
    title: str = "",
    *,
    label: str = "",
    limits: tuple[float, float] | None = None,
    threshold: float | None = None,
    band: tuple[float, float] | None = None,
    band_label: str = "",
    axes: Axes | None = None,
) -> Axes:
    """Draw a value of each residue along the chains, which grey bands part.

    Args:
        structure: Structure of L residues.
        values: ``[L]``; the line is broken where one is NaN.
        path: Image to write; its suffix says which kind. (default: writes none)
        title: Title of the figure. (default: none)
        label: What the value is. (default: nothing)
        limits: Ends of its axis. (default: those of the values)
        threshold: Value from which on residues are marked. (default: none are)
        band: Lower and upper end of a range to shade. (default: none)
        band_label: What that is. (default: nothing)
        axes: Axes to draw into. (default: those of a new figure)

    Returns:
        The axes.

    Raises:
        ValueError: If there is not one value a residue.
    """
    heights = np.asarray(values, dtype=np.float64)
    if heights.shape != (len(structure),):
        raise ValueError(f"{heights.shape} values for {len(structure)} residues")
    place = _places(structure)
    width = np.clip(len(structure) / PER_INCH, *WIDTHS)
    with drawing(path, axes, (float(width), 3)) as axes:
        axes.set(xlabel="residue", ylabel=label)
        axes.set_title(title, loc="left")
        if limits is not None:
            axes.set_ylim(limits)
        if band is not None:
            axes.axhspan(*band, color="C2", alpha=0.2, lw=0, label=band_label or None)
        for name in structure.chain_ids:
            rows = np.flatnonzero(structure.chain == name)
            # Dots too: of a residue between two without value there is no line.
            axes.plot(place[rows], heights[rows], ".-", color="C0", lw=1, ms=3)
        if threshold is not None:
            axes.axhline(threshold, color="C3", lw=1, ls="--", label=f"threshold {threshold:.3g}")
            chosen = heights >= threshold
            axes.plot(place[chosen], heights[chosen], "o", color="C3", ms=4)
        _draw_chains(axes, structure, place)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(frameon=False, loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
    return axes


def _places(structure: Structure) -> NDArray[np.int64]:
    """Place of each residue along the axis, ``[L]``: chain after chain, with room between."""
    number = {name: at for at, name in enumerate(structure.chain_ids)}
    chain = np.array([number[name] for name in structure.chain.tolist()], dtype=np.int64)
    place = np.empty(len(structure), dtype=np.int64)
    place[np.argsort(chain, kind="stable")] = np.arange(len(structure))
    return place + BREAK * chain


def _draw_chains(axes: Axes, structure: Structure, place: NDArray[np.int64]) -> None:
    """Number the axis by residues, shade what parts chains, and name those."""
    labels = {
        at: f"{number}{code}"
        for at, number, code in zip(
            place.tolist(), structure.residue_number, structure.insertion_code, strict=True
        )
    }
    axes.xaxis.set_major_locator(MaxNLocator(nbins=12, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _: labels.get(round(at), "")))
    names = structure.chain_ids
    for number, name in enumerate(names):
        inside = place[structure.chain == name]
        if len(names) > 1:
            top = axes.get_xaxis_transform()
            axes.text(inside.mean(), 0.98, name, transform=top, ha="center", va="top", color="0.4")
        if number:
            axes.axvspan(inside[0] - BREAK - 0.5, inside[0] - 0.5, color="0.85", lw=0)
    axes.set_xlim(-0.5, len(structure) + BREAK * (max(len(names), 1) - 1) - 0.5)
