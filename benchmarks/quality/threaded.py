"""Models made by threading: the sequence of one domain on the structure of another."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.common.alignment import align_sequences
from benchmarks.common.annotated import AnnotatedPack, check_split, read_table
from proteingraph.datasets import ChainPack, cut_domains, read_split
from proteingraph.datasets.columns import count_changes, entry_starts
from proteingraph.datasets.hierarchy import SCOP_LEVELS, code_at_level
from proteingraph.errors import DatasetError
from proteingraph.geometry import lddt_ca
from proteingraph.io.alphabet import decode_sequence
from proteingraph.io.segments import MAX_CA_CA

__all__ = ["SHARES", "load_natives_to_thread", "thread"]

SHARES = {
    "by_structure": 0.35,
    "by_sequence": 0.25,
    "register_shift": 0.2,
    "wrong_fold": 0.15,
    "native": 0.05,
}
"""Share of each kind: on a relative, aligned by TM-align or by sequence; on that, or the native,
with a block or two shifted; on an unrelated domain without gaps; the native itself."""

LENGTHS = (60, 300)
"""Residues of a domain: those that the targets of the comparative models have."""
FEWEST = 40
SHIFTS, BLOCKS = (1, 4), (8, 30)
ATTEMPTS = 1000

Places = NDArray[np.int64]  # of residues in the target and in the template, ascending: [2, M]


def load_natives_to_thread(root: Path) -> ChainPack:
    """Read domains that are no relatives of targets of comparative models to validate or test with.

    Of the domains that pre-training may use, those are left out whose superfamily, in CATH or
    SCOPe, is that of such a target.

    Args:
        root: Folder of the corpus: `chains.npz`, `chains.tsv`, `domains.tsv`, `splits.tsv`,
            `decoy_targets.tsv`.

    Returns:
        CA traces of 60 to 300 residues, with labels `superfamily` and `cluster40` (of the chain).

    Raises:
        DatasetError: If a file is absent or damaged, or a 40 % cluster of such a target is left.
    """
    targets = read_table(root / "decoy_targets.tsv", "split", "cluster40", "cath", "scope")
    held = targets[targets["split"] != "train"]
    texts = [*held["cath"], *held["scope"]]
    table = read_table(root / "domains.tsv", "source", "domain_id", "code", "chain", "length")
    superfamily = [
        code_at_level(code, "superfamily", SCOP_LEVELS) if source == "scop" else code
        for source, code in zip(table["source"], table["code"], strict=True)
    ]
    table = table.assign(superfamily=superfamily)
    lengths = table["length"].astype(int)
    table = table[
        (table["chain"].map(read_split(root / "splits.tsv", "pretrain")) == "train")
        & ~table["superfamily"].isin({code for text in texts for code in text.split(",") if code})
        & (lengths >= LENGTHS[0])
        & (lengths <= LENGTHS[1])
    ]
    clusters = table["chain"].map(read_split(root / "chains.tsv", "cluster40")).fillna("").tolist()
    splits = ["train"] * len(clusters)
    check_split([*clusters, *held["cluster40"]], [*splits, *held["split"]], "cluster40")
    chains = ChainPack.from_chains_npz(root / "chains.npz").trace()
    row_of = {name: row for row, name in enumerate(chains.names.tolist())}
    pieces = [
        [(int(first), int(stop)) for first, _, stop in map(_halves, text.split(","))]
        for text in table["segments_0based"]
    ]
    return cut_domains(
        chains,
        [row_of[chain] for chain in table["chain"]],
        pieces,
        table["domain_id"].tolist(),
        {"superfamily": table["superfamily"].tolist(), "cluster40": clusters},
    )


def thread(domains: ChainPack, number: int, seed: int = 0) -> AnnotatedPack:
    """Make models of domains, of kinds in the shares of `SHARES`.

    Residues of a target take the coordinates of those of the template that they are aligned to.
    What is aligned to nothing is not modelled, and parts segments, as a step of over 4.5 Å does.

    Args:
        domains: Natives, with a label `superfamily`.
        number: Models to make.
        seed: Of all choices. (default: :obj:`0`)

    Returns:
        Models of 40 residues or more, CA alone, with `lddt` and `lddt_mask` of each residue as
        comparative models have them, and labels `target` and `kind`.

    Raises:
        DatasetError: If models of 40 residues cannot be made, such as for want of relatives.
    """
    threader = _Threader(domains, np.random.default_rng(seed))
    models = [threader.make() for _ in range(number)]
    target = np.array([model.target for model in models], np.int64)
    starts = entry_starts([model.places.shape[1] for model in models])
    owner = np.repeat(np.arange(number), np.diff(starts))
    place, there = np.concatenate([model.places for model in models], axis=1)
    rows = domains.starts[target][owner] + place
    template = np.array([model.template for model in models], np.int64)
    ca = domains.trace().coordinates[:, 0]
    coordinates = ca[domains.starts[template][owner] + there]
    lddt = lddt_ca(
        torch.from_numpy(coordinates),
        torch.from_numpy(ca[rows]),
        batch=torch.from_numpy(owner),
        per_residue=True,
    )
    broken = np.diff(place, prepend=place[:1]) != 1
    broken[1:] |= np.linalg.norm(np.diff(coordinates, axis=0), axis=1) > MAX_CA_CA
    names = domains.names[target]
    pack = ChainPack(
        coordinates=coordinates[:, None],
        residue_type=domains.residue_type[rows],
        starts=starts,
        names=np.array([f"{name}/{i}" for i, name in enumerate(names.tolist())], np.str_),
        labels={"target": names, "kind": np.array([model.kind for model in models], np.str_)},
        segment=count_changes(broken, starts),
        residue_number=(place + 1).astype(np.int32),
    )
    return AnnotatedPack(pack, {"lddt": lddt.numpy(), "lddt_mask": np.ones(len(place), np.bool_)})


@dataclass(frozen=True, eq=False)
class _Model:
    kind: str
    target: int
    template: int
    places: Places


class _Threader:
    """Draws targets, templates and alignments."""

    def __init__(self, domains: ChainPack, generator: np.random.Generator) -> None:
        self.domains = domains
        self.generator = generator
        families = np.asarray(domains.labels["superfamily"])
        _, self.family = np.unique(families, return_inverse=True)
        order = np.argsort(self.family, kind="stable")
        counts = np.bincount(self.family)
        self.members = np.split(order, np.cumsum(counts)[:-1])
        self.sociable = np.flatnonzero(counts[self.family] > 1)

    def make(self) -> _Model:
        """Make a model of a kind that is drawn first, so that shares do not depend on failures."""
        kind = str(self.generator.choice(list(SHARES), p=list(SHARES.values())))
        for _ in range(ATTEMPTS if len(self.sociable) else 0):
            model = self._try(kind)
            if model.places.shape[1] >= FEWEST:
                return model
        raise DatasetError(
            f"no {kind} models of {FEWEST} residues or more can be made: domains need relatives "
            "of one superfamily, and others"
        )

    def _try(self, kind: str) -> _Model:
        draw = self.generator
        target = int(draw.choice(self.sociable))
        if kind == "native" or (kind == "register_shift" and draw.random() < 0.5):
            template, places = target, np.tile(np.arange(self.domains.lengths[target]), (2, 1))
        elif kind == "wrong_fold":
            template = int(draw.choice(len(self.domains)))
            if self.family[template] == self.family[target]:
                return _Model(kind, target, template, np.zeros((2, 0), np.int64))
            places = self._without_gaps(target, template)
        else:
            relatives = self.members[self.family[target]]
            template = int(draw.choice(relatives[relatives != target]))
            by_sequence = kind == "by_sequence" or (
                kind == "register_shift" and draw.random() < 0.5
            )
            align = align_by_sequence if by_sequence else align_by_structure
            places = align(*(_atoms(self.domains, number) for number in (target, template)))
        if kind == "register_shift":
            size = int(self.domains.lengths[template])
            for _ in range(int(draw.integers(1, 3))):
                places = shift_block(places, size, draw)
        return _Model(kind, target, template, places)

    def _without_gaps(self, target: int, template: int) -> Places:
        """The whole of the shorter, somewhere on the longer."""
        sizes = self.domains.lengths[[target, template]]
        size = int(sizes.min())
        offsets = [int(self.generator.integers(0, one - size + 1)) for one in sizes.tolist()]
        return np.arange(size) + np.array(offsets)[:, None]


Atoms = tuple[NDArray[np.float64], str]  # CA, and sequence


def align_by_structure(target: Atoms, template: Atoms) -> Places:
    """Align by TM-align (Zhang & Skolnick 2005): nearly without mistakes."""
    from tmtools import tm_align

    found = tm_align(target[0], template[0], target[1], template[1])
    rows = [np.array([letter != "-" for letter in text]) for text in (found.seqxA, found.seqyA)]
    both = rows[0] & rows[1]
    return np.stack([np.cumsum(row)[both] - 1 for row in rows])


def align_by_sequence(target: Atoms, template: Atoms) -> Places:
    """Align two sequences with BLOSUM62, ends free: with the mistakes that this makes."""
    return align_sequences(target[1], template[1])


def shift_block(places: Places, size: int, generator: np.random.Generator) -> Places:
    """Move a block of the target along the template, as a mistake in an alignment does.

    Args:
        places: Alignment, ``[2, M]``.
        size: Residues of the template.
        generator: Of the block, of 8 to 30 residues, and of the shift, by 1 to 4 either way.

    Returns:
        An alignment without what ran beyond the template, or into residues before or after.
    """
    length = min(int(generator.integers(BLOCKS[0], BLOCKS[1] + 1)), places.shape[1])
    first = int(generator.integers(0, places.shape[1] - length + 1))
    shift = int(generator.integers(SHIFTS[0], SHIFTS[1] + 1)) * int(generator.choice([-1, 1]))
    target, template = places.copy()
    block = slice(first, first + length)
    template[block] += shift
    rank = np.arange(len(template))
    kept = (template >= 0) & (template < size)
    kept &= (rank >= first) | (template < template[first])
    kept &= (rank < first + length) | (template > template[first + length - 1])
    return np.stack([target[kept], template[kept]])


def _atoms(domains: ChainPack, number: int) -> Atoms:
    data = domains[number]
    return data.pos.double().numpy(), decode_sequence(data.residue_type.numpy())


def _halves(text: str) -> tuple[str, str, str]:
    return text.partition("-")
