"""A report on a structure as seen by a network, in one page that opens offline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

import numpy as np
import numpy.typing as npt

from proteingraph import __version__
from proteingraph.datasets import ChainPack
from proteingraph.io import Structure
from proteingraph.pretrain import DenoisingModel
from proteingraph.viz.report.card import error_per_noise
from proteingraph.viz.report.columns import ResidueColumn, b_factor_column, chain_column
from proteingraph.viz.report.domains import NearDomain, nearest_domains
from proteingraph.viz.report.network import (
    NetworkView,
    component_columns,
    score_column,
    view_structure,
)
from proteingraph.viz.report.page import render_page, write_page
from proteingraph.viz.report.payload import make_payload

__all__ = ["write_report"]


def write_report(
    path: str | PathLike[str],
    structure: Structure,
    model: DenoisingModel,
    *,
    columns: Sequence[ResidueColumn] = (),
    sigma: float | None = None,
    together: bool = False,
    plddt: bool = False,
    domains: tuple[ChainPack, npt.NDArray[np.float32]] | None = None,
    model_name: str = "",
    card: Mapping[str, Any] | None = None,
) -> None:
    """Write a page with structure, contact map and sequence, coloured by values of residues.

    The page holds everything it shows and loads nothing: it opens without a network, from disk.
    Values to choose from are the given columns, the norm of the estimated gradient, principal
    components of the residue embeddings, the B-factor column of the file, and the chain.

    Args:
        path: File to write.
        structure: Structure.
        model: Network that estimates the gradient and embeds.
        columns: More values, such as those that a task model predicts; shown first.
        sigma: Noise in Å that the network is told for the gradient. (default: :obj:`0.5`)
        together: Whether the network sees all chains in one graph, instead of each on its own.
            (default: :obj:`False`)
        plddt: Whether the B-factor column holds pLDDT. (default: :obj:`False`)
        domains: Domains to look for near ones in, a `ChainPack` with `cath_code` and `sccs`, and
            their embeddings, as :func:`domain_embeddings` gives them. (default: looks for none)
        model_name: What to call the network. (default: nothing)
        card: How its weights came about, in nested dictionaries. (default: not shown)

    Raises:
        StructureError: If no residue has a CA atom.
        ConfigError: If a column does not fit the structure, or the file cannot be written.
    """
    view = view_structure(model, structure, sigma=sigma, together=together)
    shown = [*columns, score_column(view), *component_columns(view)]
    shown += [
        column
        for column in (b_factor_column(structure, plddt), chain_column(structure))
        if column is not None
    ]
    page = render_page(
        make_payload(structure, view.edge_index, shown),
        name=structure.name,
        residues=len(structure),
        edges=view.edge_index.shape[1],
        dense=view.dense,
        together=together,
        sigma=view.sigma,
        near=None if domains is None else _near(view, *domains),
        domains=0 if domains is None else len(domains[0]),
        model_name=model_name,
        architecture=model.architecture,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        card=card,
        errors=error_per_noise(card or {}),
        version=__version__,
    )
    write_page(path, page)


def _near(
    view: NetworkView, domains: ChainPack, embeddings: npt.NDArray[np.float32]
) -> list[tuple[str, list[NearDomain]]]:
    return [
        (chain.chain, nearest_domains(chain.protein, embeddings, domains)) for chain in view.chains
    ]
