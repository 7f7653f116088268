"""Accessible areas: spheres by hand, biotite's radii, Biopython's areas."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from Bio.PDB import PDBParser
from Bio.PDB.SASA import ShrakeRupley

from proteingraph.geometry.surface import PROBE, accessible_area, united_radii
from proteingraph.io import AMINO_ACIDS, read_structure


def radii_of(structure):
    letter = np.array([*AMINO_ACIDS, "X"])[structure.residue_type[structure.atom_residue]]
    return united_radii(letter, structure.atom_name, structure.element)


def test_spheres_by_hand():
    radii = np.array([1.6, 1.6, 2.0])
    coord = np.array([[0.0, 0, 0], [3.0, 0, 0], [100.0, 0, 0]])
    area = accessible_area(coord, radii, points=5000)
    # Two spheres of 3 Å whose centres are 3 Å apart: each loses a cap of height 1.5 Å.
    whole, cap = 4 * np.pi * 3.0**2, 2 * np.pi * 3.0 * 1.5
    assert area[:2] == pytest.approx(whole - cap, rel=2e-3)
    assert area[2] == pytest.approx(4 * np.pi * 3.4**2, rel=1e-5)
    few = accessible_area(coord, radii, np.array([False, True, False]), points=5000)
    assert few.tolist() == [0, area[1], 0]


def test_covering_never_uncovers(test_files: Path):
    structure = read_structure(test_files / "1aki.pdb")
    coord, radii = structure.atom_coord, radii_of(structure)
    half = np.arange(len(radii)) < len(radii) // 2
    alone = accessible_area(coord[half], radii[half])
    assert (accessible_area(coord, radii)[half] <= alone).all()


def test_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match="not \\(3, 2\\)"):
        accessible_area(np.zeros((3, 2)), np.ones(3))
    assert len(accessible_area(np.zeros((0, 3)), np.zeros(0))) == 0


def test_elements_alone_agree_with_biopython(test_files: Path):
    structure = read_structure(test_files / "1aki.pdb")
    parsed = PDBParser(QUIET=True).get_structure("1aki", test_files / "1aki.pdb")
    residues = [residue for residue in parsed.get_residues() if residue.id[0] == " "]
    chain = parsed[0]["A"]
    for water in [residue.id for residue in chain if residue.id[0] != " "]:
        chain.detach_child(water)
    ShrakeRupley(probe_radius=PROBE, n_points=200).compute(parsed, level="R")
    radius_of = {"C": 1.7, "N": 1.55, "O": 1.52, "S": 1.8}  # Biopython's
    radii = np.array([radius_of[one] for one in structure.element])
    ours = np.bincount(structure.atom_residue, accessible_area(structure.atom_coord, radii))
    theirs = np.array([residue.sasa for residue in residues])
    assert len(ours) == len(theirs)
    assert np.abs(ours - theirs).max() < 5 and np.corrcoef(ours, theirs)[0, 1] > 0.999
    assert ours.sum() == pytest.approx(theirs.sum(), rel=5e-3)


@pytest.mark.slow
def test_radii_are_those_of_the_published_set(test_files: Path):
    from biotite.structure.info import vdw_radius_protor

    structure = read_structure(test_files / "1aki.pdb")
    owner = structure.residue_name[structure.atom_residue]
    theirs = [vdw_radius_protor(*key) for key in zip(owner, structure.atom_name, strict=True)]
    assert len(set(owner)) == 20
    assert radii_of(structure) == pytest.approx(theirs)


def test_modified_residues_and_other_elements():
    letters, atoms = np.array(["M", "S", "X"]), np.array(["SE", "P", "C7"])
    assert united_radii(letters, atoms, np.array(["SE", "P", "C"])) == pytest.approx(
        [1.77, 1.8, 1.88]
    )
