"""Shipped domains whose embeddings are nearest to that of a protein."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
import numpy.typing as npt

from proteingraph.datasets import ChainPack
from proteingraph.embedding import embed_graphs
from proteingraph.files import replacing
from proteingraph.pretrain import DenoisingModel

__all__ = ["NearDomain", "domain_embeddings", "nearest_domains", "weights_hash"]

BATCH = 3000
"""Residues that are embedded at once, about."""

Floats = npt.NDArray[np.float32]
Batches = Iterable[npt.NDArray[np.int64]]


@dataclass(frozen=True)
class NearDomain:
    """A domain that is near a protein.

    Attributes:
        name: CATH's name of the domain.
        cosine: Cosine of the two protein embeddings.
        residues: Number of its residues.
        cath_code: Its CATH superfamily.
        sccs: Its SCOPe family.
    """

    name: str
    cosine: float
    residues: int
    cath_code: str
    sccs: str


def weights_hash(model: DenoisingModel) -> str:
    """Return the SHA-256 of settings and weights, in hexadecimal."""
    digest = hashlib.sha256(json.dumps(model.settings, sort_keys=True).encode())
    for name, value in sorted(model.state_dict().items()):
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def domain_embeddings(
    model: DenoisingModel,
    domains: ChainPack,
    folder: str | PathLike[str] | None = None,
    progress: Callable[[Batches], Batches] = iter,
) -> Floats:
    """Return the protein embeddings of domains: from the cache, or computed and put there.

    A file of the cache is named after the weights and the domains. What it holds for the first
    domain is computed again, so that one from a release that pooled otherwise is not believed.

    Args:
        model: Network.
        domains: Domains, such as `load_cath_scop_mini` gives them.
        folder: Cache; one that cannot be written to is left as it is. (default: that of the
            package in the user's cache folder)
        progress: Takes the batches that have to be computed, to show how far they are.
            (default: shows nothing)

    Returns:
        float32 ``[n, D]``.
    """
    if folder is None:
        import pooch

        folder = pooch.os_cache("proteingraph")
    names = hashlib.sha256("\n".join(domains.names.tolist()).encode()).hexdigest()
    path = Path(folder) / f"domains-{weights_hash(model)[:32]}-{names[:16]}.npy"
    first = _embed(model, domains, np.zeros(1, dtype=np.int64))
    with suppress(OSError, ValueError, EOFError):
        kept: Floats = np.load(path, allow_pickle=False)
        if kept.shape == (len(domains), first.shape[1]) and np.allclose(
            kept[:1], first, rtol=1e-3, atol=1e-4
        ):
            return kept
    embeddings = np.zeros((len(domains), first.shape[1]), dtype=np.float32)
    for rows in progress(_batches(domains.lengths)):
        embeddings[rows] = _embed(model, domains, rows)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as partial, open(partial, "wb") as file:
            np.save(file, embeddings)
    return embeddings


def nearest_domains(
    protein: Floats, embeddings: Floats, domains: ChainPack, count: int = 8
) -> list[NearDomain]:
    """Return the domains whose embeddings have the highest cosine to that of a protein.

    Args:
        protein: Protein embedding ``[D]``.
        embeddings: Embeddings of the domains ``[n, D]``.
        domains: The domains, with the labels `cath_code` and `sccs`.
        count: How many. (default: :obj:`8`)
    """
    norms = np.linalg.norm(embeddings, axis=1) * np.linalg.norm(protein)
    cosine = embeddings @ protein / np.maximum(norms, 1e-12)
    return [
        NearDomain(
            str(domains.names[row]),
            float(cosine[row]),
            int(domains.lengths[row]),
            str(domains.labels["cath_code"][row]),
            str(domains.labels["sccs"][row]),
        )
        for row in np.argsort(-cosine, kind="stable")[:count]
    ]


def _batches(lengths: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]]:
    """Rows of domains of like lengths that make up about equally many residues."""
    order = np.argsort(lengths, kind="stable")
    part = np.cumsum(lengths[order]) // BATCH
    return np.split(order, np.flatnonzero(np.diff(part)) + 1)


def _embed(model: DenoisingModel, domains: ChainPack, rows: npt.NDArray[np.int64]) -> Floats:
    records = embed_graphs(model, [domains[row] for row in rows.tolist()])
    return np.stack([record.protein for record in records])
