"""Solvent-accessible surface areas of atoms."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["PROBE", "UNKNOWN_RADIUS", "accessible_area", "united_radii"]

Array = npt.NDArray[Any]

PROBE = 1.4
"""Radius of a water molecule, Å."""

UNKNOWN_RADIUS = 1.8
"""Radius, Å, of atoms of other elements than those of amino acids."""

TETRAHEDRAL, AROMATIC, TRIGONAL, HYDROXYL = 1.88, 1.76, 1.61, 1.46
ELEMENTS = {"C": TETRAHEDRAL, "N": 1.64, "O": 1.42, "S": 1.77, "SE": 1.77}
# Of amino acids by letter; what is not named has its element's radius above.
EVERYWHERE = {"C": TRIGONAL, "OXT": HYDROXYL}
SIDE_CHAINS = {
    AROMATIC: {
        "F": "CD1 CD2 CE1 CE2 CZ",
        "H": "CD2 CE1",
        "W": "CD1 CE3 CZ2 CZ3 CH2",
        "Y": "CD1 CD2 CE1 CE2",
    },
    TRIGONAL: {
        **dict.fromkeys("DFHN", "CG"),
        **dict.fromkeys("EQ", "CD"),
        "R": "CZ",
        "W": "CG CD2 CE2",
        "Y": "CG CZ",
    },
    HYDROXYL: {"D": "OD2", "E": "OE2", "S": "OG", "T": "OG1", "Y": "OH"},
}
NAMED = {
    (letter, atom): radius
    for radius, atoms_of in SIDE_CHAINS.items()
    for letter, atoms in atoms_of.items()
    for atom in atoms.split()
}


def united_radii(letter: Array, atom_name: Array, element: Array) -> npt.NDArray[np.float32]:
    """Radii of heavy atoms of amino acids that stand for their hydrogens as well.

    They are the ProtOr set of Tsai et al. (J. Mol. Biol. 1999, 290:253-266).

    Args:
        letter: one-letter code of the amino acid, or of a modified one's parent, [A].
        atom_name: name of each atom, [A].
        element: its element in upper case, [A].

    Returns:
        Å, float32 [A].
    """
    if len(atom_name) == 0:
        return np.zeros(0, np.float32)
    keys = np.stack([np.asarray(one, np.str_) for one in (letter, atom_name, element)], 1)
    kinds, inverse = np.unique(keys, axis=0, return_inverse=True)
    radii = np.array([_radius(*kind) for kind in kinds.tolist()], np.float32)
    return radii[inverse.reshape(-1)]


def _radius(letter: str, atom: str, element: str) -> float:
    general = EVERYWHERE.get(atom, ELEMENTS.get(element, UNKNOWN_RADIUS))
    return NAMED.get((letter, atom), general)


def accessible_area(
    coord: Array,
    radii: Array,
    chosen: Array | None = None,
    *,
    probe: float = PROBE,
    points: int = 1000,
) -> npt.NDArray[np.float32]:
    """Area that the centre of a probe can reach on the sphere of each atom (Shrake & Rupley 1973).

    The share of evenly spread points on a sphere of the atom's radius and the probe's that lie in
    no other atom's, times the sphere's area (J. Mol. Biol. 1973, 79:351-371). The points lie
    alike on all atoms, so that adding atoms never adds area to another; turning a structure
    changes an area by about one part in `points`. Computed by biotite.

    Args:
        coord: coordinates, Å, [A, 3].
        radii: of atoms, Å, [A].
        chosen: bool [A], atoms whose area is asked for; all cover the others. Default: all.
        probe: radius of the probe, Å. Default 1.4.
        points: on each sphere. Default 1000, of 0.14 Å² each on a large atom.

    Returns:
        Å², float32 [A]; 0 for atoms that are not chosen.

    Raises:
        ValueError: the shapes do not fit together.
    """
    size = len(coord)
    chosen = np.ones(size, np.bool_) if chosen is None else np.asarray(chosen, np.bool_)
    if coord.shape != (size, 3) or radii.shape != (size,) or chosen.shape != (size,):
        raise ValueError(
            f"coord [A, 3], radii [A] and chosen [A] are needed, not {coord.shape}, "
            f"{radii.shape} and {chosen.shape}"
        )
    if not chosen.any():
        return np.zeros(size, np.float32)
    from biotite.structure import AtomArray, sasa

    atoms = AtomArray(size)
    atoms.coord = np.asarray(coord, np.float32)
    area = sasa(
        atoms,
        probe_radius=probe,
        atom_filter=chosen,
        ignore_ions=False,
        point_number=points,
        vdw_radii=np.asarray(radii, np.float32),
    )
    return np.where(chosen, area, 0.0).astype(np.float32)
