"""A set of chains or domains in flat arrays: quick to index, small on disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from os import PathLike
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch_geometric.data import Data

from proteingraph.datasets.columns import COLUMNS, entry_starts, plain_column, range_rows
from proteingraph.datasets.pack_checks import check_pack
from proteingraph.datasets.pack_file import fitting, read_chains_npz, read_pack, write_pack

if TYPE_CHECKING:
    from proteingraph.io.structure import Structure

__all__ = ["ChainPack"]

_CA = 1


@dataclass(frozen=True, eq=False)
class ChainPack:
    """Chains, domains or complexes held in memory as flat arrays; entry i owns a run of rows.

    A column that is `None` has its plain value throughout: every atom present, one chain in one
    unbroken segment, positions and residue numbers that count up, no insertion codes, B-factors 0.

    Args:
        coordinates: positions in Å, zero where missing, float32 [R, 4, 3] (N, CA, C, O) or
            [R, 1, 3] (CA alone).
        residue_type: amino acid by number, 0 to 19, 20 unknown, int8 [R].
        starts: entry i owns rows `starts[i]` to `starts[i + 1]`, int64 [n + 1].
        names: name of each entry, [n].
        labels: free columns of text, each [n]; `""` where an entry has none.
        chain_ids: names of the chains of an entry, joined by tabs, [n].
        atom_mask: which atoms are present, bool [R, 4] or [R, 1]. CA always is.
        segment: number of the unbroken stretch within the entry, int32 [R].
        chain: number of the chain within the entry, int32 [R].
        position: rank of the residue in its chain, int32 [R].
        residue_number: number in the file, int32 [R].
        insertion_code: code point of the insertion code, 0 if none, int32 [R].
        b_factor: B-factor in Å^2, float32 [R].

    Raises:
        DatasetError: if shapes do not fit together, an entry is empty or a Cα is missing.

    Examples:
        >>> import numpy as np
        >>> pack = ChainPack(
        ...     coordinates=np.zeros((5, 1, 3), np.float32),
        ...     residue_type=np.zeros(5, np.int8),
        ...     starts=np.array([0, 2, 5]),
        ...     names=np.array(["1abc_A", "2xyz_B"]),
        ... )
        >>> pack
        ChainPack(2 entries, 5 residues, CA)
        >>> pack[1].name, pack[1].num_nodes
        ('2xyz_B', 3)
    """

    coordinates: NDArray[np.float32]
    residue_type: NDArray[np.int8]
    starts: NDArray[np.int64]
    names: NDArray[np.str_]
    labels: Mapping[str, NDArray[np.str_]] = field(default_factory=dict)
    chain_ids: NDArray[np.str_] | None = None
    atom_mask: NDArray[np.bool_] | None = None
    segment: NDArray[np.int32] | None = None
    chain: NDArray[np.int32] | None = None
    position: NDArray[np.int32] | None = None
    residue_number: NDArray[np.int32] | None = None
    insertion_code: NDArray[np.int32] | None = None
    b_factor: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        """Check that the arrays fit together."""
        check_pack(self)

    def __len__(self) -> int:
        """Return the number of entries."""
        return len(self.names)

    def __repr__(self) -> str:
        """Summarise the contents in one line."""
        atoms = "N CA C O" if self.has_backbone else "CA"
        labels = f", labels {', '.join(self.labels)}" if self.labels else ""
        return f"ChainPack({len(self)} entries, {self.num_residues} residues, {atoms}{labels})"

    def __iter__(self) -> Iterator[Data]:
        """Yield the entries in turn."""
        return (self[i] for i in range(len(self)))

    def __getitem__(self, i: int) -> Data:
        """Return entry i as a fresh graph without edges, with the attributes of a `Structure`'s.

        Args:
            i: number of the entry; negative ones count from the end.

        Returns:
            `pos` float32 [N, 3], `backbone` float32 [N, 4, 3], `backbone_mask` bool [N, 4],
            `residue_type`, `chain`, `segment`, `position`, `residue_number`, `insertion_code`
            int64 [N], `b_factor` float32 [N], `name`, `chain_id` (list of the chains' names),
            `num_nodes`, and each label as text.

        Raises:
            IndexError: if there is no such entry.
        """
        i = range(len(self))[i]
        rows = slice(self.starts[i], self.starts[i + 1])
        length = int(rows.stop - rows.start)
        backbone = torch.zeros(length, 4, 3)
        mask = torch.zeros(length, 4, dtype=torch.bool)
        atoms = slice(0, 4) if self.has_backbone else slice(_CA, _CA + 1)
        backbone[:, atoms] = torch.from_numpy(self.coordinates[rows])
        mask[:, atoms] = True if self.atom_mask is None else torch.from_numpy(self.atom_mask[rows])
        columns = {name: self.filled(name, slice(i, i + 1)) for name in COLUMNS}
        return Data(
            pos=backbone[:, _CA].clone(),
            backbone=backbone,
            backbone_mask=mask,
            residue_type=torch.from_numpy(self.residue_type[rows].astype(np.int64)),
            **{name: torch.from_numpy(column) for name, column in columns.items()},
            name=str(self.names[i]),
            chain_id=[""] if self.chain_ids is None else str(self.chain_ids[i]).split("\t"),
            num_nodes=length,
            **{name: str(label[i]) for name, label in self.labels.items()},
        )

    @property
    def num_residues(self) -> int:
        """Number of residues of all entries."""
        return len(self.residue_type)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Number of residues of each entry, [n]."""
        return np.diff(self.starts)

    @property
    def has_backbone(self) -> bool:
        """Whether N, C and O are held beside CA."""
        return bool(self.coordinates.shape[1] == 4)

    def subset(self, indices: ArrayLike) -> ChainPack:
        """Return the chosen entries as a new pack, in the order asked for.

        Args:
            indices: numbers of entries, or a mask over all entries.

        Returns:
            A pack of its own arrays.

        Raises:
            IndexError: if there is no such entry.
        """
        asked = np.asarray(indices)
        chosen = np.arange(len(self))[asked if asked.dtype == bool else asked.astype(np.int64)]
        return ChainPack(
            starts=entry_starts(self.lengths[chosen]),
            names=self.names[chosen],
            labels={key: label[chosen] for key, label in self.labels.items()},
            chain_ids=None if self.chain_ids is None else self.chain_ids[chosen],
            **self.rows(range_rows(self.starts[chosen], self.starts[chosen + 1])),
        )

    def trace(self) -> ChainPack:
        """Return the same entries with CA alone: a quarter of the memory."""
        if not self.has_backbone:
            return self
        return replace(self, coordinates=self.coordinates[:, [_CA]], atom_mask=None)

    def save(self, path: str | PathLike[str]) -> None:
        """Write a compressed .npz file, coordinates and B-factors rounded to 0.01.

        The file appears whole or not at all.

        Args:
            path: file to write.
        """
        write_pack(path, {field.name: getattr(self, field.name) for field in fields(self)})

    @classmethod
    def load(cls, path: str | PathLike[str] | BinaryIO) -> ChainPack:
        """Read a file that `save` wrote. Nothing in it is unpickled.

        Args:
            path: file to read, or one opened in binary mode.

        Returns:
            The pack.

        Raises:
            DatasetError: if the file is absent, damaged, or of another format or version.
        """
        columns = read_pack(path)
        with fitting(path):
            return cls(**columns)

    @classmethod
    def from_chains_npz(cls, path: str | PathLike[str]) -> ChainPack:
        """Read a corpus of backbones of single gap-free stretches, `chains.npz`.

        Residue numbers count from 1 along the stretch; the chain is what follows the last `_` of
        an entry's name.

        Args:
            path: file with arrays `chain`, `length`, `sequence`, `first_ca`, `low` and `high`.

        Returns:
            A pack with backbones.

        Raises:
            DatasetError: if the file is absent, damaged or of another format.
        """
        columns = read_chains_npz(path)
        with fitting(path):
            return cls(**columns)

    @classmethod
    def from_structures(cls, structures: Iterable[Structure]) -> ChainPack:
        """Gather structures, one entry each; residues without CA are left out.

        Args:
            structures: structures, each of at least one residue with CA.

        Returns:
            A pack with backbones.

        Raises:
            DatasetError: if a structure has no residue with CA.
        """
        return cls.from_data(structure.to_data() for structure in structures)

    @classmethod
    def from_data(cls, graphs: Iterable[Data]) -> ChainPack:
        """Gather graphs as `Structure.to_data` makes them, one entry each.

        Attributes that hold a text, other than `name`, become labels.

        Args:
            graphs: graphs with the attributes that `pack[i]` has.

        Returns:
            A pack with backbones.

        Raises:
            DatasetError: if a graph has no nodes.
        """
        entries = list(graphs)

        def gather(name: str, kind: type[np.generic], *shape: int) -> NDArray[Any]:
            tensors = [getattr(entry, name).numpy().astype(kind) for entry in entries]
            return np.concatenate([np.zeros((0, *shape), kind), *tensors])

        texts = [{k: v for k, v in e.to_dict().items() if isinstance(v, str)} for e in entries]
        keys = dict.fromkeys(key for text in texts for key in text if key != "name")
        pack = cls(
            coordinates=gather("backbone", np.float32, 4, 3),
            residue_type=gather("residue_type", np.int8),
            starts=entry_starts([int(entry.num_nodes or 0) for entry in entries]),
            names=_text_array(entry.name for entry in entries),
            labels={key: _text_array(text.get(key, "") for text in texts) for key in keys},
            chain_ids=_text_array("\t".join(entry.chain_id) for entry in entries),
            atom_mask=gather("backbone_mask", np.bool_, 4),
            **{name: gather(name, kind) for name, kind in COLUMNS.items()},
        )
        return pack.compact()

    def filled(self, name: str, entries: slice = slice(None)) -> NDArray[Any]:
        """Copy a per-residue column for a run of entries, with plain values where it is `None`.

        Args:
            name: `chain`, `segment`, `position`, `residue_number`, `insertion_code` or `b_factor`.
            entries: consecutive entries. Default: all.

        Returns:
            int64 [R], float32 for `b_factor`.
        """
        first, stop, _ = entries.indices(len(self))
        starts = self.starts[first : stop + 1]
        column: NDArray[Any] | None = getattr(self, name)
        if column is None:
            return plain_column(name, starts - starts[0])
        return column[starts[0] : starts[-1]].astype(np.float32 if name == "b_factor" else np.int64)

    def rows(self, rows: NDArray[np.int64]) -> dict[str, Any]:
        """Gather all per-residue columns at some rows.

        Args:
            rows: row numbers, [S].

        Returns:
            Column by name, `None` where it is not held.
        """
        names = ("coordinates", "residue_type", "atom_mask", *COLUMNS)
        held = {name: getattr(self, name) for name in names}
        return {name: None if column is None else column[rows] for name, column in held.items()}

    def compact(self) -> ChainPack:
        """Return the same entries without the columns that hold nothing but plain values."""
        plain: dict[str, Any] = {
            name: None
            for name in COLUMNS
            if np.array_equal(self.filled(name), plain_column(name, self.starts))
        }
        if self.atom_mask is not None and self.atom_mask.all():
            plain["atom_mask"] = None
        return replace(self, **plain)


def _text_array(values: Iterable[str]) -> NDArray[np.str_]:
    return np.array(list(values), np.str_)
