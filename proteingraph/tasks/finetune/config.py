"""Settings of training on a user's own table of labels."""

from __future__ import annotations

from dataclasses import asdict, field
from typing import Any, Literal

from pydantic.dataclasses import dataclass

from proteingraph.pretrain.config import STRICT, Seed, Share
from proteingraph.tasks.config import TaskConfig
from proteingraph.tasks.target import Kind, Target

__all__ = ["ColumnsConfig", "FinetuneConfig", "LabelConfig"]


@dataclass(config=STRICT)
class ColumnsConfig:
    """Which column of the table says what.

    Attributes:
        file: Structure file.
        chain: Author's name of the chain; a file of one chain needs none. Without a chain, a label
            of a protein is of all chains of the file together.
        residue: Author's residue number, with or without the insertion code behind it.
        insertion: Insertion code, where it has a column of its own.
        label: Number, or name of the class; left blank where unknown.
        amino_acid: One- or three-letter code, checked against the structure; None for no check.
        split: ``train``, ``validation`` or ``test``; None divides files at random.
        group: What is never divided between these, such as a cluster of sequences.
        features: Further features of residues.
    """

    file: str = "file"
    chain: str | None = "chain"
    residue: str = "residue_number"
    insertion: str | None = "insertion_code"
    label: str = "label"
    amino_acid: str | None = None
    split: str | None = None
    group: str | None = None
    features: list[str] = field(default_factory=list)


@dataclass(config=STRICT)
class LabelConfig:
    """What the labels are; see `Target`.

    Attributes:
        level: ``"residue"`` or ``"protein"``.
        kind: ``"binary"``, ``"multiclass"`` or ``"regression"``.
        classes: Names of the classes. (default: those in the table, sorted)
        bounded: Whether the values of a regression are from 0 to 1.
        name: What the property is called.
    """

    level: Literal["residue", "protein"] = "residue"
    kind: Kind = "binary"
    classes: list[str] = field(default_factory=list)
    bounded: bool = False
    name: str = "label"

    def target(self, classes: list[str]) -> Target:
        """The target, with classes found in the table."""
        return Target(self.level, self.kind, classes, self.bounded, self.name)


@dataclass(config=STRICT)
class FinetuneConfig:
    """Training on a table of labels. Paths are relative to the folder of the settings' file.

    Attributes:
        table: CSV, TSV or parquet, one row a label.
        model: A name of the zoo, or a folder of saved weights.
        files: Folder that the files of the table are in. (default: that of the table)
        columns: Columns of the table.
        target: What the labels are.
        validation: Share of files, or of groups' files, that tell when to stop, unless a column
            says which.
        test: Share of files that are only predicted.
        seed: Seed of that division.
        training: How the network is trained.
    """

    table: str
    model: str
    files: str | None = None
    columns: ColumnsConfig = field(default_factory=ColumnsConfig)
    target: LabelConfig = field(default_factory=LabelConfig)
    validation: Share = 0.15
    test: Share = 0.15
    seed: Seed = 0
    training: TaskConfig = field(default_factory=TaskConfig)

    def __post_init__(self) -> None:
        if self.columns.split is None and not 0 < self.validation < 1 - self.test:
            raise ValueError(
                "validation must be above 0, and leave something to train on beside test"
            )

    def to_dict(self) -> dict[str, Any]:
        """Settings as nested dictionaries of plain values."""
        return asdict(self)
