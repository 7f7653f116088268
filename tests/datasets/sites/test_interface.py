"""Labels of interfaces: by hand, a docking-benchmark complex, ProDy's search, areas by hand."""

from __future__ import annotations

from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
import prody
import pytest
from scipy.spatial.distance import cdist

from proteingraph.datasets.sites import interface_between, interface_labels
from proteingraph.datasets.sites.interface import _join
from proteingraph.errors import StructureError
from proteingraph.io import Structure, read_structure

prody.LOGGER.verbosity = "none"

# Labels that GraphPPIS (MIT licence) gives chains B and C of 1GCQ.
PUBLISHED = (
    "000111100000000000001100000000000001000000000001111111001",
    "011111100000000000000000000000000000110111101010000000000000010011111",
)


@pytest.fixture(scope="module")
def grb2(test_files: Path) -> tuple[Structure, Structure]:
    """Receptor and ligand of 1GCQ as bound: Vav and the C-terminal SH3 domain of Grb2."""
    return (
        read_structure(test_files / "1GCQ_r_b.pdb.gz"),
        read_structure(test_files / "1GCQ_l_b.pdb.gz"),
    )


def traces(*places: list[float]) -> Structure:
    """Glycines at some places on the x axis, each list a chain."""
    coord = np.array([[x, 0, 0] for chain in places for x in chain], np.float32)
    chains = [name for name, chain in zip("ABCD", places, strict=False) for _ in chain]
    return Structure.from_arrays(coord, "G" * len(coord), chain=chains)


def test_distances_by_hand():
    found = interface_labels(traces([0, 10], [13.5, 30], [33]), cutoff=4)
    assert found.value.tolist() == [13.5, 3.5, 3.5, 3, 3]
    assert found.label.tolist() == [False, True, True, True, True]
    assert found.known.all()
    # The cut-off itself is within.
    assert interface_labels(traces([0], [4.0])).label.all()
    assert interface_labels(traces([0], [8.0]), by="CA distance").label.all()
    assert not interface_labels(traces([0], [8.1]), by="CA distance").label.any()


def test_partners_are_who_they_are_said_to_be():
    complex_ = traces([0, 10], [13.5, 30], [33])
    found = interface_labels(complex_, partners="A:C", by="distance", cutoff=25)
    assert found.known.tolist() == [True, True, False, False, True]
    assert found.value.tolist() == [33, 23, np.inf, np.inf, 23]
    assert found.label.tolist() == [False, True, False, False, True]
    one = interface_labels(complex_, partners="A,B:C")
    assert one.value.tolist() == [33, 23, 19.5, 3, 3]
    assert np.array_equal(one.value, interface_labels(complex_, partners=[["A", "B"], "C"]).value)


@pytest.mark.parametrize(
    ("partners", "message"),
    [("A", "one side"), ("A:Z", "no chain 'Z'"), ("A,B:B", "twice"), ([["A"], []], "without")],
)
def test_wrong_partners_are_named(partners, message):
    with pytest.raises(StructureError, match=message):
        interface_labels(traces([0], [3]), partners=partners)


def test_one_chain_has_no_interface():
    with pytest.raises(StructureError, match="there is only 'A'"):
        interface_labels(traces([0, 3]))


def test_settings_are_checked():
    with pytest.raises(ValueError, match="'CA distance'"):
        interface_labels(traces([0], [3]), by="touch")
    for cutoff in (0, -1, np.nan, np.inf):
        with pytest.raises(ValueError, match="above 0"):
            interface_labels(traces([0], [3]), cutoff=cutoff)


@pytest.mark.parametrize("by", ["distance", "buried area"])
def test_structures_without_side_chains_are_refused(grb2, by):
    receptor, ligand = grb2
    bare = Structure.from_arrays(ligand.backbone, ligand.sequence)
    with pytest.raises(StructureError, match=r"no side chain.*CA distance"):
        interface_between(receptor, bare, by)
    full = interface_between(receptor, ligand, "CA distance")
    for ours, theirs in zip(full, interface_between(receptor, bare, "CA distance"), strict=True):
        assert np.array_equal(ours.label, theirs.label)


def test_distances_agree_with_prody(grb2):
    receptor, ligand = grb2
    first, second = interface_between(receptor, ligand)
    atoms = []
    for structure in grb2:
        group = prody.AtomGroup()
        group.setCoords(structure.atom_coord.astype(float))
        group.setResnums(structure.atom_residue)
        atoms.append(group)
    for ours, ring, other in ((first, *atoms), (second, *atoms[::-1])):
        close = prody.Contacts(ring).select(4.0, other)
        assert set(np.flatnonzero(ours.label)) == set(close.getResnums())
    assert (first.label.sum(), second.label.sum()) == (13, 19)


def golden(count: int) -> np.ndarray:
    """Points evenly on a sphere, by spiral."""
    height = 1 - 2 * (np.arange(count) + 0.5) / count
    angle = np.arange(count) * np.pi * (3 - 5**0.5)
    ring = np.sqrt(1 - height**2)
    return np.stack([ring * np.cos(angle), ring * np.sin(angle), height], 1)


def accessible(coord: np.ndarray, radii: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Area of each residue, every point against all atoms near."""
    area = np.zeros(len(coord))
    apart = cdist(coord, coord)
    np.fill_diagonal(apart, np.inf)
    for i, (place, radius) in enumerate(zip(coord, radii + 1.4, strict=True)):
        near = apart[i] < 7
        free = (cdist(place + radius * golden(200), coord[near]) >= radii[near] + 1.4).all(1)
        area[i] = 4 * np.pi * radius**2 * free.mean()
    return np.bincount(owner, area)


def test_areas_agree_with_points_tested_one_by_one(grb2):
    element = {"C": 1.88, "N": 1.64, "O": 1.42, "S": 1.77}
    receptor, ligand = grb2
    first, second = interface_between(receptor, ligand, "buried area")
    radii = [np.array([element[kind] for kind in one.element]) for one in grb2]
    coord = [one.atom_coord.astype(float) for one in grb2]
    owner = [one.atom_residue for one in grb2]
    alone = np.concatenate([accessible(*args) for args in zip(coord, radii, owner, strict=True)])
    together = accessible(
        np.concatenate(coord),
        np.concatenate(radii),
        np.concatenate([owner[0], owner[1] + len(receptor)]),
    )
    theirs = alone - together
    ours = np.concatenate([first.value, second.value])
    # Their radii do not tell kinds of carbon apart, and their points are few.
    assert np.corrcoef(ours, theirs)[0, 1] > 0.995
    assert (np.concatenate([first.label, second.label]) == (theirs > 1)).mean() > 0.97
    assert 1100 < ours.sum() < 1300  # Å², of both sides


def test_areas_give_the_published_labels_of_a_complex(grb2):
    for ours, theirs in zip(interface_between(*grb2, "buried area"), PUBLISHED, strict=True):
        differ = ours.label != np.array([letter == "1" for letter in theirs])
        # One residue loses 1 to 2 Å², too near to the cut-off for radii that differ a little.
        assert differ.sum() <= 1 and (np.abs(ours.value[differ] - 1) < 1).all()


@pytest.mark.slow
def test_areas_give_the_published_labels_of_eleven_chains(data_root: Path):
    with np.load(data_root / "ppi_sites_graphppis.npz") as file:
        pieces = np.split(file["label"], np.cumsum(file["length"])[:-1])
        published = dict(zip(file["chain"].tolist(), pieces, strict=True))
    ours, theirs = [], []
    for receptor in sorted((data_root / "files").glob("*_r_b.pdb")):
        names = [receptor, receptor.with_name(receptor.name.replace("_r_", "_l_"))]
        sides = [read_structure(name) for name in names]
        for side, found in zip(sides, interface_between(*sides, "buried area"), strict=True):
            for chain in side.chain_ids:
                labels = published.get(f"{receptor.name[:4].lower()}{chain}")
                if labels is not None and len(labels) == (side.chain == chain).sum():
                    ours.append(found.label[side.chain == chain])
                    theirs.append(labels == 1)
    assert len(ours) >= 10
    one, other = np.concatenate(ours), np.concatenate(theirs)
    assert (one & other).sum() / (one | other).sum() > 0.97


def test_definitions_overlap_as_they_should(grb2):
    by_distance = np.concatenate([one.label for one in interface_between(*grb2)])
    by_area = np.concatenate([one.label for one in interface_between(*grb2, "buried area")])
    by_ca = np.concatenate([one.label for one in interface_between(*grb2, "CA distance")])
    assert (by_area & by_distance).sum() >= by_distance.sum() - 1
    assert (by_ca & by_area).sum() / (by_ca | by_area).sum() > 0.5


@pytest.mark.parametrize("by", ["distance", "buried area"])
def test_apart_nothing_is_an_interface(grb2, by):
    receptor, ligand = grb2
    far = Structure(**{**vars(ligand), "atom_coord": ligand.atom_coord + 100})
    for one in interface_between(receptor, far, by):
        assert not one.label.any() and one.known.all()


def test_one_file_and_two_agree(grb2):
    joined = _join(*grb2)
    assert joined.chain_ids == ["1", "2"]
    assert not set(joined.segment[: len(grb2[0])]) & set(joined.segment[len(grb2[0]) :])
    for by in ("distance", "buried area"):
        both = np.concatenate([one.value for one in interface_between(*grb2, by)])
        assert np.array_equal(interface_labels(joined, by).value, both)
        assert np.array_equal(interface_labels(joined, by, "2:1").value, both)


def test_every_complex_of_the_docking_benchmark_has_an_interface(data_root: Path):
    for receptor in sorted((data_root / "files").glob("*_r_b.pdb")):
        sides = [read_structure(receptor), read_structure(str(receptor).replace("_r_", "_l_"))]
        areas = interface_between(*sides, "buried area")
        distances = interface_between(*sides)
        for area, distance in zip(areas, distances, strict=True):
            assert 5 < distance.label.sum() < 60
            kept = (area.label & distance.label).sum() / distance.label.sum()
            assert kept > 0.9, receptor
        assert 900 < sum(area.value.sum() for area in areas) < 3500


@pytest.mark.slow
def test_bound_and_unbound_partners_share_their_interface(data_root: Path):
    shared: dict[str, list[float]] = {"distance": [], "buried area": []}
    for receptor in sorted((data_root / "files").glob("*_r_b.pdb")):
        read = {
            (side, state): read_structure(
                receptor.with_name(receptor.name.replace("_r_b", f"_{side}_{state}"))
            )
            for side in "rl"
            for state in "bu"
        }
        for by, found in shared.items():
            bound = interface_between(read["r", "b"], read["l", "b"], by)
            unbound = interface_between(read["r", "u"], read["l", "u"], by)
            for side, one, other in zip("rl", bound, unbound, strict=True):
                pair = (read[side, "b"].sequence, read[side, "u"].sequence)
                blocks = SequenceMatcher(None, *pair, autojunk=False).get_matching_blocks()
                ours = np.concatenate([one.label[at : at + size] for at, _, size in blocks])
                theirs = np.concatenate([other.label[at : at + size] for _, at, size in blocks])
                found.append(float((ours & theirs).sum() / (ours | theirs).sum()))
    # Unbound partners lie where the bound ones do, with side chains of their own.
    assert len(shared["distance"]) == 24
    assert min(shared["distance"]) > 0.35 and np.mean(shared["distance"]) > 0.6
    assert min(shared["buried area"]) > 0.6 and np.mean(shared["buried area"]) > 0.75
