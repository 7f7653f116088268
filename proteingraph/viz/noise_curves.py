"""Figure of the error per noise level, of one or several networks."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike

from matplotlib.axes import Axes

from proteingraph.viz.drawing import drawing

__all__ = ["plot_noise_curves"]

MARKERS = "osD^vP*X"


def plot_noise_curves(
    errors: Mapping[str, Mapping[float, float]],
    path: str | PathLike[str] | None = None,
    title: str = "",
    axes: Axes | None = None,
) -> Axes:
    """Draw the held-out error of the unit noise over the noise, a curve a network.

    Args:
        errors: Of each network by name: noise in Å, and the error at it.
        path: Image to write; its suffix says which kind. (default: writes none)
        title: Title of the figure. (default: none)
        axes: Axes to draw into. (default: those of a new figure)

    Returns:
        The axes.

    Raises:
        ValueError: If there is no network, or one has no error at any noise.
    """
    if not errors or not all(errors.values()):
        raise ValueError("noise curves need a network at least, and an error at least of each")
    with drawing(path, axes, (6, 4)) as axes:
        for number, (name, levels) in enumerate(errors.items()):
            points = sorted((float(sigma), error) for sigma, error in levels.items())
            marker = MARKERS[number % len(MARKERS)]
            axes.plot(*zip(*points, strict=True), f"{marker}-", color=f"C{number}", label=name)
        axes.axhline(1.0, color="k", lw=0.8, ls=":", label="predict nothing")
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.set(xlabel="noise (Å)", ylabel="error of the unit noise", ylim=(0, None), title=title)
        axes.legend(frameon=False)
    return axes
