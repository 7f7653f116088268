"""The network whose embeddings an index holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from proteingraph.search.nearest import unit_vectors

if TYPE_CHECKING:
    from torch_geometric.data import Data

    from proteingraph.pretrain import DenoisingModel

__all__ = ["embed_in_batches", "fingerprint", "load_network"]


def load_network(model: str | PathLike[str] | DenoisingModel) -> tuple[str, DenoisingModel]:
    """Load a network, unless it is loaded already.

    Args:
        model: Name of a model of the zoo, folder of weights, or a network.

    Returns:
        What to call it, and the network.

    Raises:
        WeightsError: If there is no such network, or it is damaged.
    """
    from proteingraph.pretrain import DenoisingModel
    from proteingraph.zoo import load_model

    if isinstance(model, DenoisingModel):
        return "unnamed", model
    network = load_model(model)
    return Path(model).resolve().name if Path(model).is_dir() else fspath(model), network


def fingerprint(model: DenoisingModel) -> str:
    """SHA-256 of settings and weights, in hexadecimal: the same however they are stored."""
    from proteingraph.zoo.fingerprint import fingerprint_of

    return fingerprint_of(model.settings, model.state_dict())


def embed_in_batches(
    model: DenoisingModel, graphs: Iterable[Data]
) -> Iterator[tuple[list[Data], NDArray[np.float32]]]:
    """Embed graphs, several at a time.

    Args:
        model: Network.
        graphs: Structures without edges, each of at least one residue.

    Yields:
        Some of the graphs, in their order, and their unit vectors ``[n, D]``: NaN where an
        embedding is zero or not finite.
    """
    from proteingraph.embedding.chains import embed_graphs, in_batches

    for batch in in_batches(graphs):
        proteins = np.stack([chain.protein for chain in embed_graphs(model, batch)])
        yield batch, unit_vectors(proteins)
