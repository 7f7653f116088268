"""Features of residues that were computed before, as node attributes."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch_geometric.data import Data
from torch_geometric.data.datapipes import functional_transform
from torch_geometric.transforms import BaseTransform

from proteingraph.errors import DatasetError
from proteingraph.transforms._store import graph_sizes, require
from proteingraph.transforms.node_attribute import refuse_hidden_types, store_features

__all__ = ["ResidueFeatures"]

Features = Mapping[str, Any]


@functional_transform("residue_features")
class ResidueFeatures(BaseTransform):  # type: ignore[misc]
    """Appends features that were computed before to `x`, looked up by the name of the entry.

    Functional name: :obj:`residue_features`.

    Such as those of a protein language model, which are the same in every epoch. They must come
    from the sequence alone: whatever tells of the native coordinates gives the gradient away.

    Args:
        source: Where an entry's features are, ``[L]`` or ``[L, C]``, a row for each residue of the
            whole entry in its order: ``.npz`` or ``.safetensors`` with an array under each name;
            ``.parquet`` with columns `name` and `residue` (a list of lists; several rows of a name
            are its chains in order), as `proteingraph embed` writes it; or a mapping.
        attr: Attribute to store the features in instead, for `NodeAttribute` to append to `x` after
            crops and `PerturbCoordinates`. (default: :obj:`"x"`)

    Raises:
        DatasetError: If the file cannot be read, has no features of an entry, or not one row for
            each of its residues (as after a crop), or not as many columns as the first entry.
        ValueError: If residue types are hidden, which features of the whole sequence would tell.

    Example:
        The features widen `x`, so the encoder is told of as many channels more:

        >>> from torch_geometric.transforms import Compose
        >>> from proteingraph.nn import GraphEncoder
        >>> from proteingraph.testing import random_structure
        >>> from proteingraph.transforms import PerturbCoordinates, ResidueGraph
        >>> data = random_structure(40)
        >>> features = ResidueFeatures({data.name: np.random.default_rng(0).random((40, 5))})
        >>> recipe = ResidueGraph(k=8)
        >>> transform = Compose([PerturbCoordinates(sigma=1.0), features, recipe])
        >>> channels = features.channels + recipe.node_channels
        >>> encoder = GraphEncoder(channels, recipe.edge_channels)
        >>> encoder(transform(data)).residue.shape
        torch.Size([40, 192])

        A language model's features, once for all::

            model = LanguageModelFeatures("facebook/esm2_t6_8M_UR50D")
            np.savez("esm2.npz", **{chain.name: model(chain).x.numpy() for chain in dataset})
            features = ResidueFeatures("esm2.npz")
    """

    def __init__(self, source: str | PathLike[str] | Mapping[str, Any], attr: str = "x") -> None:
        self.attr = attr
        self.path = None if isinstance(source, Mapping) else Path(source)
        self._given: Features | None = source if isinstance(source, Mapping) else None
        self._opened: tuple[int, Features] | None = None
        first = next(iter(self._features()), None)
        if first is None:
            raise DatasetError(f"{self._where}: no features of any entry")
        self.channels = self._look_up(first).shape[1]
        """Number of columns."""

    @property
    def _where(self) -> str:
        return "features" if self.path is None else str(self.path)

    def _features(self) -> Features:
        """Arrays by name; each process has the file open for itself."""
        if self._given is not None:
            return self._given
        assert self.path is not None
        if self._opened is None or self._opened[0] != os.getpid():
            self._opened = os.getpid(), _open(self.path)
        return self._opened[1]

    def _look_up(self, name: str) -> NDArray[Any]:
        features = self._features()
        if name not in features:
            raise DatasetError(
                f"{self._where}: no features of {name}, only of {len(features)} others such as "
                f"{next(iter(features))}"
            )
        try:
            value = np.asarray(features[name])
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise DatasetError(f"{self._where}: {name} cannot be read: {error}") from error
        if value.dtype.kind not in "fiub" or value.ndim not in (1, 2):
            raise DatasetError(
                f"{self._where}: {name} is {value.dtype} of shape {list(value.shape)}, expected "
                "numbers [L] or [L, C]"
            )
        return value.reshape(len(value), -1)

    def forward(self, data: Data) -> Data:
        """Describe the residues of a graph or of a batch."""
        require(self, data, "pos", "name")
        refuse_hidden_types(self, data)
        names = [data.name] if isinstance(data.name, str) else list(data.name)
        values = []
        for name, size in zip(names, graph_sizes(data), strict=True):
            value = self._look_up(name)
            if value.shape != (size, self.channels):
                raise DatasetError(
                    f"{self._where}: {name} has features of shape {list(value.shape)}, expected "
                    f"{[size, self.channels]}: a row for each residue of the whole entry (so they "
                    "come before crops), and as many columns as the others"
                )
            values.append(torch.from_numpy(np.array(value, dtype=np.float64)))
        store_features(data, self.attr, torch.cat(values).to(data.pos))
        return data

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_opened": None}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._where}, channels={self.channels}, attr={self.attr!r})"


def _open(path: Path) -> Features:
    """Open a file of features without reading them all."""
    opener = {".npz": _open_npz, ".safetensors": _Tensors, ".parquet": _Rows}.get(path.suffix)
    if opener is None:
        raise DatasetError(f"{path}: the name must end in .npz, .safetensors or .parquet")
    if not path.is_file():
        raise DatasetError(f"{path}: no such file")
    try:
        features: Features = opener(path)
    except DatasetError:
        raise
    except Exception as error:  # each library has errors of its own for what it cannot read
        raise DatasetError(f"{path}: damaged, or no {path.suffix} file: {error}") from error
    return features


def _open_npz(path: Path) -> Features:
    opened: Features = np.load(path, allow_pickle=False)
    return opened


class _Named(Mapping[str, Any]):
    """Arrays that are read when asked for."""

    _names: dict[str, Any]

    def __contains__(self, name: object) -> bool:
        return name in self._names  # a mapping would read it to find out

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class _Tensors(_Named):
    """Arrays of a safetensors file."""

    def __init__(self, path: Path) -> None:
        from safetensors import safe_open

        self._file: Any = safe_open(path, framework="numpy")
        self._names = dict.fromkeys(self._file.keys())  # type: ignore[no-untyped-call]

    def __getitem__(self, name: str) -> NDArray[Any]:
        array: NDArray[Any] = self._file.get_tensor(name)
        return array


class _Rows(_Named):
    """Lists of a parquet table, those of one name one after another."""

    def __init__(self, path: Path) -> None:
        import pyarrow.parquet as pq

        columns = pq.read_schema(path).names
        if not {"name", "residue"} <= set(columns):
            raise DatasetError(
                f"{path}: no columns `name` and `residue`, only {', '.join(columns)}"
            )
        table = pq.read_table(path, columns=["name", "residue"], memory_map=True)
        self._lists = table["residue"]
        self._names = {}
        for row, name in enumerate(table["name"].to_pylist()):
            self._names.setdefault(name, []).append(row)

    def __getitem__(self, name: str) -> NDArray[Any]:
        parts = []
        for row in self._names[name]:
            rows = self._lists[row].values
            flat = rows.flatten().to_numpy(zero_copy_only=False)
            parts.append(flat.reshape(len(rows), -1))
        return np.concatenate(parts)
