"""What a protein language model says of residues, as node attributes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from importlib import import_module
from os import PathLike, fspath
from typing import Any

import torch
from safetensors import SafetensorError
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from torch_geometric.data import Data
from torch_geometric.data.datapipes import functional_transform
from torch_geometric.transforms import BaseTransform

from proteingraph.errors import ConfigError, WeightsError
from proteingraph.io.alphabet import AMINO_ACIDS
from proteingraph.transforms._store import batch_vector, require
from proteingraph.transforms.node_attribute import store_features

__all__ = ["LanguageModelFeatures"]

UNLIMITED = 10**6
"""Lengths from here on are what tokenizers say that know of no limit."""


@functional_transform("language_model_features")
class LanguageModelFeatures(BaseTransform):  # type: ignore[misc]
    """Appends the last hidden state of a protein language model to `x`, a row a residue.

    Functional name: :obj:`language_model_features`.

    For models of `transformers` that read one token a residue, such as ESM-2 (Lin et al.,
    `"Evolutionary-scale prediction of atomic-level protein structure with a language model"
    <https://doi.org/10.1126/science.ade2574>`_, Science 2023). Each chain is read on its own, in
    the order of its positions and without regard to gaps; unknown residues as ``X``, those that
    `MaskResidueTypes` has hidden as the model's mask token. Features come from the residues that
    are there: before a crop they are those of the whole chain, after it of what is left.

    Args:
        model: Model of `transformers`, which is put into evaluation mode; or the name of one, or
            its folder, to load (which takes the extra ``plm``).
        tokenizer: Its tokenizer. (default: the one that is loaded with a name)
        batch_size: Sequences, or windows of them, at a time. (default: :obj:`8`)
        window: Longest sequence to read at once, in residues; longer ones are read in overlapping
            windows, and each residue is described by the window whose ends are farther away.
            (default: what model and tokenizer allow, 1022 for ESM-2)
        overlap: Residues that neighboring windows share at least. (default: a quarter of `window`)
        attr: Attribute to store the features in instead, for `NodeAttribute` to append to `x` after
            crops and `PerturbCoordinates`. (default: :obj:`"x"`)

    Raises:
        ConfigError: If `transformers` is to load a model and not installed, a tokenizer is missing
            or not one of proteins, or window and overlap do not fit.
        WeightsError: If the model cannot be loaded.

    Example:
        The features widen `x`, so the encoder is told of as many channels more::

            features = LanguageModelFeatures("facebook/esm2_t6_8M_UR50D")
            recipe = ResidueGraph(k=24)
            transform = Compose([PerturbCoordinates(sigma=1.0), features, recipe])
            encoder = GraphEncoder(
                features.channels + recipe.node_channels, recipe.edge_channels
            )
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any = None,
        batch_size: int = 8,
        window: int | None = None,
        overlap: int | None = None,
        attr: str = "x",
    ) -> None:
        if isinstance(model, str | PathLike):
            model, tokenizer = _load(fspath(model), tokenizer)
        if tokenizer is None:
            raise ConfigError("a language model needs its tokenizer: name both, or load by name")
        if batch_size < 1:
            raise ConfigError(f"at least one sequence is read at a time, not {batch_size}")
        self.model = model.eval()
        self.batch_size = batch_size
        self.attr = attr
        self._tokens, self._before, self._after = _vocabulary(tokenizer)
        self._padding = 0 if tokenizer.pad_token_id is None else int(tokenizer.pad_token_id)
        extra = len(self._before) + len(self._after)
        longest = _longest(model.config, tokenizer) - extra
        self.window = min(longest, UNLIMITED) if window is None else window
        self.overlap = self.window // 4 if overlap is None else overlap
        if not 1 <= self.window <= longest or not 0 <= self.overlap < self.window:
            raise ConfigError(
                f"windows of {self.window} residues, {self.overlap} shared: the model reads at "
                f"most {longest}, and fewer must be shared than a window has"
            )

    @property
    def channels(self) -> int:
        """Number of columns."""
        return int(self.model.config.hidden_size)

    def forward(self, data: Data) -> Data:
        """Describe the residues of a graph or of a batch."""
        require(self, data, "pos", "residue_type", "chain", "position")
        tokens = self._tokens[data.residue_type.cpu()]
        chains = _chain_rows(data)
        sequences = [tuple(tokens[rows].tolist()) for rows in chains]
        found = self._read(list(dict.fromkeys(sequences)))  # copies of a chain are read once
        features = data.pos.new_empty(data.pos.size(0), self.channels)
        for rows, sequence in zip(chains, sequences, strict=True):
            features[rows.to(features.device)] = found[sequence].to(features)
        store_features(data, self.attr, features)
        return data

    def _read(self, sequences: Sequence[tuple[int, ...]]) -> dict[tuple[int, ...], Tensor]:
        """Features ``[L, channels]`` of each sequence."""
        spans = [_windows(len(s), self.window, self.overlap) for s in sequences]
        texts = [
            s[a : a + self.window]
            for s, starts in zip(sequences, spans, strict=True)
            for a in starts
        ]
        # Those of like length together, for the sake of little padding.
        order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
        read: dict[int, Tensor] = {}
        for first in range(0, len(order), self.batch_size):
            some = order[first : first + self.batch_size]
            read.update(zip(some, self._run([texts[number] for number in some]), strict=True))
        pieces = iter(read[number] for number in range(len(texts)))
        return {
            sequence: _join([next(pieces) for _ in starts], starts)
            for sequence, starts in zip(sequences, spans, strict=True)
        }

    def _run(self, texts: Sequence[tuple[int, ...]]) -> list[Tensor]:
        """Features of sequences that the model can read at once, without special tokens."""
        whole = [torch.tensor([*self._before, *text, *self._after]) for text in texts]
        tokens = pad_sequence(whole, batch_first=True, padding_value=self._padding)
        lengths = torch.tensor([len(text) for text in whole])
        mask = (torch.arange(tokens.size(1)) < lengths[:, None]).long()
        device = self.model.device
        with torch.no_grad():
            out = self.model(input_ids=tokens.to(device), attention_mask=mask.to(device))
        first = len(self._before)
        return [
            hidden[first : first + len(text)]
            for hidden, text in zip(out.last_hidden_state, texts, strict=True)
        ]

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({type(self.model).__name__}, channels={self.channels}, "
            f"window={self.window}, overlap={self.overlap}, attr={self.attr!r})"
        )


def _load(name: str, tokenizer: Any) -> tuple[Any, Any]:
    try:
        library = import_module("transformers")
    except ImportError as error:
        raise ConfigError(
            f"{name}: loading a language model takes transformers: "
            "pip install 'torch-proteingraph[plm]'"
        ) from error
    told = library.logging.get_verbosity()
    library.logging.set_verbosity_error()  # it warns of the pooler, which is not used
    try:
        model, report = library.AutoModel.from_pretrained(
            name, use_safetensors=True, output_loading_info=True
        )
        tokenizer = tokenizer or library.AutoTokenizer.from_pretrained(name)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:300]
        raise WeightsError(
            f"{name}: no language model to be loaded: name the folder of one, or a model of the "
            f"hub that has safetensors ({reason})"
        ) from error
    finally:
        library.logging.set_verbosity(told)
    absent = sorted(key for key in report["missing_keys"] if not key.startswith("pooler."))
    if absent:
        raise WeightsError(
            f"{name}: no weights of {absent[0]} and {len(absent) - 1} others of its model: they "
            "would be random numbers"
        )
    return model, tokenizer


def _vocabulary(tokenizer: Any) -> tuple[Tensor, list[int], list[int]]:
    """Token of each residue type ``[22]``, and the special tokens before and after a sequence."""
    letters = tokenizer.convert_tokens_to_ids([*AMINO_ACIDS, "X"])
    nameless = [tokenizer.unk_token_id, None]
    lost = [c for c, token in zip(AMINO_ACIDS, letters, strict=False) if token in nameless]
    if lost:
        raise ConfigError(
            f"{type(tokenizer).__name__} has no tokens for the residues {''.join(lost)}: it is not "
            "that of a language model of proteins with one token a residue"
        )
    hidden = tokenizer.mask_token_id
    whole = list(tokenizer("A")["input_ids"])
    if whole.count(letters[0]) != 1:
        raise ConfigError(f"{type(tokenizer).__name__} does not read A as one residue: {whole}")
    place = whole.index(letters[0])
    tokens = torch.tensor([*letters, letters[-1] if hidden is None else hidden])
    return tokens, whole[:place], whole[place + 1 :]


def _longest(config: Any, tokenizer: Any) -> int:
    """Tokens that can be read at once."""
    limits = [int(min(tokenizer.model_max_length, UNLIMITED))]
    places = getattr(config, "max_position_embeddings", None)
    if places is not None:
        # As in RoBERTa, places are counted from that after the number of the padding token.
        limits.append(places - (config.pad_token_id or 0) - 1)
    return min(limits)


def _chain_rows(data: Data) -> list[Tensor]:
    """Rows of each chain of each graph, in sequence order."""
    batch = batch_vector(data)
    batch = torch.zeros_like(data.chain) if batch is None else batch
    order = torch.argsort(data.position, stable=True)
    for key in (data.chain, batch):
        order = order[torch.argsort(key[order], stable=True)]
    groups = torch.stack([batch, data.chain])[:, order]
    sizes = torch.unique_consecutive(groups, dim=1, return_counts=True)[1]
    return list(torch.split(order.cpu(), sizes.tolist()))


def _windows(length: int, window: int, overlap: int) -> list[int]:
    """First residues of evenly spread windows that overlap by so much at least."""
    if length <= window:
        return [0]
    count = math.ceil((length - overlap) / (window - overlap))
    return [round(number * (length - window) / (count - 1)) for number in range(count)]


def _join(pieces: Sequence[Tensor], starts: Sequence[int]) -> Tensor:
    """Windows of one sequence, each up to the middle of what it shares with the next."""
    parts, first = [], 0
    for number, (piece, start) in enumerate(zip(pieces, starts, strict=True)):
        stop = start + len(piece)
        if number + 1 < len(starts):
            stop = (starts[number + 1] + stop) // 2
        parts.append(piece[first - start : stop - start])
        first = stop
    return torch.cat(parts)
