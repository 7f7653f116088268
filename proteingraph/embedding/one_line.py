"""The embedding of a structure in one line."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from os import PathLike

from proteingraph.embedding.chains import ChainEmbedding, embed_structure
from proteingraph.io import Structure, cut_ranges, read_structure
from proteingraph.pretrain import DenoisingModel
from proteingraph.zoo import load_model, resolve_name

__all__ = ["embed"]


def embed(
    structure: Structure | str | PathLike[str],
    model: DenoisingModel | str | PathLike[str] = "dsm_base",
    *,
    chains: Sequence[str] | None = None,
    ranges: str | None = None,
    complexes: bool = False,
    sigma: float | None = None,
    pairs: bool = False,
) -> list[ChainEmbedding]:
    """Embed a structure.

    Args:
        structure: Structure, or file of one: PDB, mmCIF or BinaryCIF, also gzipped.
        model: Name of a model of the zoo (kept in memory once loaded), folder of weights,
            repository of a hub, or a network. (default: :obj:`"dsm_base"`)
        chains: Chains to embed. (default: all)
        ranges: Residues to embed together as one domain, such as ``A:10-50,B:5A-90``.
            (default: whole chains)
        complexes: Embed all chains together, so that residues see neighbors of other chains,
            instead of each on its own. (default: :obj:`False`)
        sigma: Noise in Å that the network is told. (default: that of the model)
        pairs: Whether to give pair embeddings too. (default: :obj:`False`)

    Returns:
        One record a chain, in the order of the structure; one in all for a complex or a domain.

    Raises:
        StructureError: If the file cannot be read, or has no such chain or range, or no residue
            with a CA atom.
        WeightsError: If the model cannot be loaded.

    Example:
        >>> (chain,) = embed("tests/data/1aki.cif", "dsm_small")
        >>> chain.chain, chain.sequence[:8], chain.residue.shape, chain.protein.shape
        ('A', 'KVFGRCEL', (129, 192), (512,))
    """
    if not isinstance(structure, Structure):
        structure = read_structure(structure, chains=chains)
    elif chains is not None:
        structure = cut_ranges(structure, ",".join(f"{chain}:" for chain in chains))
    return embed_structure(
        _network(model), structure, ranges=ranges, complexes=complexes, sigma=sigma, pairs=pairs
    )


def _network(model: DenoisingModel | str | PathLike[str]) -> DenoisingModel:
    if isinstance(model, DenoisingModel):
        return model
    known = resolve_name(model) if isinstance(model, str) else None
    return load_model(model) if known is None else _shipped(known)


@lru_cache(maxsize=2)
def _shipped(name: str) -> DenoisingModel:
    return load_model(name)
