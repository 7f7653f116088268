"""Chains with the labels of their residues, of their pairs, or of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor
from torch_geometric.data import Batch, Data

from proteingraph.datasets.protocol import Corpus
from proteingraph.errors import DatasetError
from proteingraph.nn import Embeddings
from proteingraph.pretrain.batches import CropDataset, Draw
from proteingraph.pretrain.field import evaluation
from proteingraph.pretrain.model import DenoisingModel, visible_attributes
from proteingraph.tasks.target import Target
from proteingraph.transforms._crop import keep_nodes

__all__ = ["ExampleCrops", "Examples", "encode_labels", "split_embeddings"]

KEPT_RESIDUES = 150_000


@dataclass(frozen=True, eq=False)
class Examples:
    """Chains, and what is known of them.

    Attributes:
        corpus: n chains.
        labels: Of proteins a label each, ``[n]``; of residues an array ``[N_i]`` a chain; of pairs
            an array ``[P_i]`` a chain. NaN where there is none, or -1 for classes.
        features: Further features of residues, an array ``[N_i, F]`` a chain, NaN where one is
            missing. (default: none)
        pairs: Rows of source and target residue of each labelled pair, ``[2, P_i]`` a chain.
            (default: none)
    """

    corpus: Corpus
    labels: ArrayLike | Sequence[ArrayLike]
    features: Sequence[ArrayLike] | None = None
    pairs: Sequence[ArrayLike] | None = None

    def __len__(self) -> int:
        """Return the number of chains."""
        return len(self.corpus)

    def subset(self, rows: Sequence[int]) -> Examples:
        """Return the chosen chains with what is known of them."""

        def take(values: Sequence[ArrayLike] | None) -> list[ArrayLike] | None:
            return None if values is None else [values[row] for row in rows]

        labels = [self.labels[row] for row in rows]  # type: ignore[index]
        corpus = self.corpus.subset(np.asarray(rows, dtype=np.int64))
        return Examples(corpus, labels, take(self.features), take(self.pairs))


class ExampleCrops(CropDataset):
    """Contiguous crops of chains, with labels as ``y`` and further features as ``features``.

    Labels of pairs have the residues that they are of in ``y_index``; pairs that a crop parts are
    left out.

    Args:
        examples: Chains with labels.
        target: What the labels are.
        crop: Longest crop, in residues. (default: whole chains)
        backbone: Keep N, C and O atoms.
        noise: Standard deviation in Å of noise on coordinates. (default: none)

    Raises:
        DatasetError: If labels are not allowed, or do not fit the chains.
    """

    def __init__(
        self,
        examples: Examples,
        target: Target,
        crop: int | None = None,
        backbone: bool = False,
        noise: float = 0.0,
    ) -> None:
        lengths = examples.corpus.lengths
        super().__init__(
            examples.corpus, int(lengths.max(initial=1)) if crop is None else crop, backbone
        )
        self.target = target
        self.noise = noise
        self.kept: list[Embeddings] | None = None
        self.labels = encode_labels(examples, target)
        self.pairs = _pairs(examples, self.labels) if target.level == "pair" else None
        self.features: list[Tensor] | None = None
        if examples.features is not None:
            self.features = [
                torch.from_numpy(np.array(values, np.float32)) for values in examples.features
            ]
            _check_rows("features", self.features, lengths.tolist(), examples.corpus)
            if len({values.shape[1:] for values in self.features}) > 1:
                raise DatasetError("features of residues differ in their number between chains")

    def __getitem__(self, draw: Draw) -> Data:
        """Crop a chain."""
        row, seed = draw
        data = self._bare(row)
        data.seed = torch.tensor([seed])
        data.row = torch.arange(data.pos.size(0))
        data = self.crop(data)
        return self._disturbed(self._labelled(data, row), seed)

    def keep_embeddings(self, model: DenoisingModel, residues: int) -> bool:
        """Embed all chains once, for as long as the network is not trained; whether that was done.

        It is not where crops or noise make a chain another one each time, or where embeddings would
        take more than about a gigabyte. Graphs then have them as ``kept_residue``, ``kept_pair``,
        ``kept_protein`` and ``kept_index``.

        Args:
            model: The network.
            residues: Residues in a batch, about.
        """
        lengths = self.corpus.lengths
        whole = self.crop.size >= lengths.max(initial=0)
        if self.noise or not whole or lengths.sum() > KEPT_RESIDUES:
            return False
        number = (lengths.cumsum() - lengths) // residues
        kept: list[Embeddings] = []
        device = next(model.parameters()).device
        with evaluation(model):
            for group in np.split(np.arange(len(lengths)), np.flatnonzero(np.diff(number)) + 1):
                batch = Batch.from_data_list([self._bare(row) for row in group.tolist()])
                sizes = lengths[group].tolist()
                kept += split_embeddings(model.embed(batch.to(device)), sizes)
        self.kept = kept
        return True

    def piece(self, row: int, first: int, last: int) -> Data:
        """Residues `first` to before `last` of a chain, with their features and without labels."""
        data = self._bare(row)
        rows = torch.arange(data.pos.size(0))[first:last]
        if self.features is not None:
            data.features = self.features[row]
        return keep_nodes(data, rows)

    def _bare(self, row: int) -> Data:
        chain = self.corpus[row]
        return Data(**{name: chain[name] for name in visible_attributes(self.backbone)})

    def _labelled(self, data: Data, row: int) -> Data:
        kept, labels = data.row, self.labels[row]
        del data.row
        if self.features is not None:
            data.features = self.features[row][kept]
        if self.pairs is not None:
            place = torch.full((int(self.corpus.lengths[row]),), -1)
            place[kept] = torch.arange(len(kept))
            ends = place[self.pairs[row]]
            there = (ends >= 0).all(dim=0)
            data.y_index, data.y = ends[:, there], labels[there]
        else:
            data.y = labels[kept] if self.target.level == "residue" else labels
        if self.kept is not None:
            found = self.kept[row]
            data.kept_residue, data.kept_pair = found.residue, found.pair
            data.kept_protein, data.kept_index = found.protein, found.edge_index
        return data

    def _disturbed(self, data: Data, seed: int) -> Data:
        if self.noise:
            generator = torch.Generator().manual_seed(seed)
            # Of N, CA, C and O, of which `pos` is CA.
            shift = self.noise * torch.randn(data.pos.size(0), 4, 3, generator=generator)
            data.pos = data.pos + shift[:, 1]
            if self.backbone:
                data.backbone = data.backbone + shift * data.backbone_mask[..., None]
        return data


def split_embeddings(embeddings: Embeddings, sizes: list[int]) -> list[Embeddings]:
    """Embeddings of each graph of a batch, on the CPU.

    Args:
        embeddings: Of the batch.
        sizes: Residues of each graph.
    """
    residue, pair, protein, index = (
        values.cpu()
        for values in (
            embeddings.residue,
            embeddings.pair,
            embeddings.protein,
            embeddings.edge_index,
        )
    )
    ends = torch.tensor(sizes).cumsum(0)
    stops = torch.searchsorted(index[1].contiguous(), ends).tolist()
    starts = [0, *ends[:-1].tolist()]
    rows = zip([0, *stops[:-1]], stops, starts, ends.tolist(), strict=True)
    return [
        Embeddings(
            residue=residue[start:end].clone(),
            pair=pair[first:stop].clone(),
            protein=protein[number : number + 1].clone(),
            edge_index=index[:, first:stop] - start,
        )
        for number, (first, stop, start, end) in enumerate(rows)
    ]


def encode_labels(examples: Examples, target: Target) -> list[Tensor]:
    """Labels of each chain as `Target.encode` gives them; ``[1]`` each of proteins.

    Raises:
        DatasetError: If one is not allowed, or there are not as many as items.
    """
    corpus = examples.corpus
    if len(examples.labels) != len(corpus):  # type: ignore[arg-type]
        raise DatasetError(f"{len(examples.labels)} labels for {len(corpus)} chains")  # type: ignore[arg-type]
    if target.level == "protein":
        return list(target.encode(np.asarray(examples.labels)).reshape(-1, 1))
    labels = [target.encode(values) for values in examples.labels]  # type: ignore[union-attr]
    if target.level == "residue":
        _check_rows("labels", labels, corpus.lengths.tolist(), corpus)
    return labels


def _check_rows(what: str, values: list[Tensor], sizes: list[int], corpus: Corpus) -> None:
    if len(values) != len(sizes):
        raise DatasetError(f"{what} of {len(values)} chains for {len(sizes)}")
    for number, (value, size) in enumerate(zip(values, sizes, strict=True)):
        if value.size(0) != size:
            raise DatasetError(
                f"{corpus.names[number]}: {what} of {value.size(0)} residues, expected {size}"
            )


def _pairs(examples: Examples, labels: list[Tensor]) -> list[Tensor]:
    if examples.pairs is None or len(examples.pairs) != len(labels):
        raise DatasetError("labels of pairs need the residues of each pair, an array a chain")
    pairs = [torch.from_numpy(np.array(ends, np.int64)) for ends in examples.pairs]
    lengths = examples.corpus.lengths.tolist()
    for number, (ends, values, size) in enumerate(zip(pairs, labels, lengths, strict=True)):
        inside = not ends.numel() or (int(ends.min()) >= 0 and int(ends.max()) < size)
        if ends.shape != (2, len(values)) or not inside:
            raise DatasetError(
                f"{examples.corpus.names[number]}: expected residues [2, {len(values)}] of its "
                f"pairs, from 0 to {size - 1}, got {tuple(ends.shape)}"
            )
    return pairs
