"""Values of residues to colour by: given ones, and those of the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from proteingraph.errors import ConfigError
from proteingraph.io import Structure

__all__ = ["ResidueColumn", "b_factor_column", "chain_column"]

PERCENTILES = (2, 98)
"""Where the colours of a column end that says no limits: a few outliers must not take them all."""


@dataclass(frozen=True, eq=False)
class ResidueColumn:
    """A named array with a value for each residue of a structure.

    Attributes:
        name: What to call it, such as ``"interface probability"``.
        values: ``[L]``; NaN where there is no value. With `classes`, the number of the class.
        unit: Unit as printed behind a value. (default: none)
        about: What it is, in a sentence. (default: nothing)
        limits: Values where the colours end. (default: the 2nd and 98th percentile)
        diverging: Colour by distance from 0 on either side. (default: :obj:`False`)
        classes: Names of classes, for values that are no quantities. (default: none)
    """

    name: str
    values: npt.ArrayLike
    unit: str = ""
    about: str = ""
    limits: tuple[float, float] | None = None
    diverging: bool = False
    classes: Sequence[str] = ()

    def checked(self, residues: int) -> npt.NDArray[np.float32]:
        """Return the values as float32 ``[residues]``, NaN where they are not finite.

        Raises:
            ConfigError: If they are no numbers, not one a residue, or of no class.
        """
        try:
            values = np.array(self.values, dtype=np.float32)
        except (TypeError, ValueError) as error:
            raise ConfigError(f"column {self.name!r} does not hold numbers: {error}") from error
        if values.shape != (residues,):
            raise ConfigError(
                f"column {self.name!r} has the shape {values.shape}, expected one value for each "
                f"of {residues} residues: give NaN where there is none"
            )
        values[~np.isfinite(values)] = np.nan
        known = values[np.isfinite(values)]
        if self.classes and not np.isin(known, np.arange(len(self.classes))).all():
            raise ConfigError(
                f"column {self.name!r} must hold numbers of classes, 0 to {len(self.classes) - 1}"
            )
        return values

    def span(self, values: npt.NDArray[np.float32]) -> tuple[float, float]:
        """Return where the colours of `values`, as checked, begin and end; never the same."""
        if self.limits is not None:
            low, high = map(float, self.limits)
        elif np.isnan(values).all():
            low, high = 0.0, 1.0
        else:
            low, high = (float(x) for x in np.nanpercentile(values, PERCENTILES))
        if self.diverging and self.limits is None:
            high = max(abs(low), abs(high))
            low = -high
        return (low, high) if high > low else (low - 0.5, low + 0.5)


def b_factor_column(structure: Structure, plddt: bool = False) -> ResidueColumn | None:
    """Return the B-factor column of the file, or None if it says the same of all residues.

    Args:
        structure: The structure.
        plddt: Whether it holds pLDDT, as in predicted models. (default: :obj:`False`)
    """
    values = structure.b_factor
    if not len(values) or np.ptp(values) < 1e-6:
        return None
    if plddt:
        about = "Confidence of the predicted model, from the B-factor column of the file"
        return ResidueColumn("pLDDT", values, about=about, limits=(0, 100))
    about = "As the file has it for CA; files of predicted models may hold pLDDT here"
    return ResidueColumn("B-factor", values, unit="Å²", about=about)


def chain_column(structure: Structure) -> ResidueColumn | None:
    """Return the chain of each residue, or None if there is only one."""
    chains = structure.chain_ids
    if len(chains) < 2:
        return None
    place = {chain: number for number, chain in enumerate(chains)}
    values = [place[chain] for chain in structure.chain.tolist()]
    return ResidueColumn("chain", values, classes=[chain or "(unnamed)" for chain in chains])
