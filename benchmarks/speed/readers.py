"""Ways from a structure file to a graph of its residues, by this package and by others."""

from __future__ import annotations

import gzip
import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

from proteingraph.io import Structure, read_structure
from proteingraph.transforms import ResidueGraph

__all__ = ["RADIUS", "READERS", "Reader", "file_format"]

RADIUS = 10.0
"""Å; edges of those that have no nearest neighbours."""

RECIPE = ResidueGraph()
OURS = "k nearest and sequence edges, all attributes"
EDGES = f"edges within {RADIUS:.0f} Å, no attributes"


@dataclass(frozen=True)
class Reader:
    """A way from file to graph.

    Attributes:
        package: Module that it needs.
        formats: Formats that it reads, packed with gzip or not.
        parse: From a file to the structure as it has it.
        graph: From that to edges between the CA atoms.
        tells: What such a graph has.
    """

    package: str
    formats: tuple[str, ...]
    parse: Callable[[Path], Any]
    graph: Callable[[Any], Any]
    tells: str

    @property
    def installed(self) -> bool:
        """Whether it can be run here."""
        return importlib.util.find_spec(self.package) is not None


def file_format(path: Path) -> str:
    """Format of a file by its name: ``"pdb"``, ``"cif"`` or ``"bcif"``."""
    return path.name.removesuffix(".gz").rpartition(".")[2]


@contextmanager
def _opened(path: Path, mode: str) -> Iterator[IO[Any]]:
    opener: Callable[..., IO[Any]] = gzip.open if path.suffix == ".gz" else open
    with opener(path, mode) as file:
        yield file


def _graph(structure: Structure) -> Any:
    return RECIPE(structure.to_data())


def _parse_prody(path: Path) -> Any:
    import prody

    prody.LOGGER.verbosity = "none"
    read = prody.parsePDB if file_format(path) == "pdb" else prody.parseMMCIF
    return read(str(path))


def _graph_prody(atoms: Any) -> Any:
    import prody

    return prody.findNeighbors(atoms.ca, RADIUS)


def _parse_biopython(path: Path) -> Any:
    from Bio.PDB import MMCIFParser, PDBParser

    parser = PDBParser if file_format(path) == "pdb" else MMCIFParser
    with _opened(path, "rt") as file:
        return parser(QUIET=True).get_structure(path.name, file)


def _graph_biopython(structure: Any) -> Any:
    from Bio.PDB import NeighborSearch

    atoms = [residue["CA"] for residue in structure[0].get_residues() if "CA" in residue]
    return NeighborSearch(atoms).search_all(RADIUS)


def _parse_biotite(path: Path) -> Any:
    from biotite.structure.io import pdb, pdbx

    kind = file_format(path)
    with _opened(path, "rb" if kind == "bcif" else "rt") as file:
        if kind == "pdb":
            return pdb.PDBFile.read(file).get_structure(model=1)
        read = pdbx.CIFFile.read if kind == "cif" else pdbx.BinaryCIFFile.read
        return pdbx.get_structure(read(file), model=1)


def _graph_biotite(atoms: Any) -> Any:
    from biotite.structure import CellList

    alpha = atoms[(atoms.atom_name == "CA") & ~atoms.hetero]  # files may lack elements
    return CellList(alpha, RADIUS).create_adjacency_matrix(RADIUS)


READERS = {
    "ours": Reader("gemmi", ("pdb", "cif", "bcif"), read_structure, _graph, OURS),
    "ours, read with ProDy": Reader(
        "prody", ("pdb", "cif"), partial(read_structure, reader="prody"), _graph, OURS
    ),
    "ProDy": Reader("prody", ("pdb", "cif"), _parse_prody, _graph_prody, EDGES),
    "Biopython": Reader("Bio", ("pdb", "cif"), _parse_biopython, _graph_biopython, EDGES),
    "biotite": Reader("biotite", ("pdb", "cif", "bcif"), _parse_biotite, _graph_biotite, EDGES),
}
"""What is compared, by name; the first is what a user gets (BinaryCIF is read with biotite)."""
