"""Chains compressed by Foldcomp: near the originals, and safe to decode whatever is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from proteingraph.datasets.importers.fcz import decode_fcz
from proteingraph.errors import DatasetError
from proteingraph.io import read_structure

NAMES = ("1aki", "3o5r", "1gcq")


@pytest.mark.parametrize("name", NAMES)
def test_chains_come_near_the_originals(library, compressed, texts, name):
    chain = decode_fcz(compressed[name], library)
    original = read_structure(texts[name].encode(), format="pdb")
    assert (chain.title, [chain.chain]) == (name, original.chain_ids)
    assert chain.first_number == original.residue_number[0]
    assert np.array_equal(chain.residue_type, original.residue_type)
    distance = np.linalg.norm(chain.coordinates - original.backbone, axis=-1)
    # Angles are kept in 8 to 12 bits: measured 0.03 to 0.08 Å r.m.s., at most 0.19 Å.
    assert np.sqrt((distance**2).mean()) < 0.1 and distance.max() < 0.25
    # One of 256 values between the least and the largest.
    step = np.ptp(original.b_factor) / 255
    assert np.abs(chain.b_factor - original.b_factor).max() < 0.51 * step + 0.005


@pytest.mark.parametrize("name", NAMES)
def test_coordinates_are_those_that_foldcomp_writes(library, compressed, name):
    chain = decode_fcz(compressed[name] + b"\0", library)
    _, text = library.decompress(compressed[name])
    written = read_structure(text.encode(), format="pdb")
    assert len(set(written.sequence)) == 20  # the atoms of every kind are in their places
    assert np.abs(chain.coordinates - written.backbone).max() < 0.00051
    assert np.abs(chain.b_factor - written.b_factor).max() < 0.0051


def test_negative_numbers(library, texts):
    lines = texts["1aki"].splitlines()
    moved = "\n".join(f"{line[:22]}{int(line[22:26]) - 5:4d}{line[26:]}" for line in lines)
    assert decode_fcz(library.compress("x", moved), library).first_number == -4


def change(content, at, new):
    return content[:at] + new + content[at + len(new) :]


# Where things are in 1aki: a header, 7 anchors, a title of 4 letters, anchor atoms, OXT.
ANCHORS = 76
ANCHOR_ATOMS = ANCHORS + 7 * 4 + 4
BACKBONE = ANCHOR_ATOMS + 7 * 36 + 13


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda c: b"", "begins with b'', expected b'FCMP'"),
        (lambda c: b"FCZC" + c[4:], "begins with b'FCZC'"),
        (lambda c: c[:50], "ends after 50 bytes, within its header"),
        (lambda c: c[:-1], "ends after 2154 of 2155 bytes"),
        (lambda c: b"FCMP" + bytes(len(c)), "holds 0 residues"),
        (lambda c: change(c, 4, b"\xff\xff"), r"ends after 2155 of \d+ bytes"),
        (lambda c: change(c, 12, b"\1"), "holds 129 residues and 1 anchors"),
        (lambda c: change(c, ANCHORS, b"\x09"), "its anchors do not span the chain"),
        (lambda c: change(c, BACKBONE + 8 * 4, b"\xb0"), "residue 5 is none of the 20"),
        (lambda c: change(c, BACKBONE, b"\x38"), "side chains do not fit its sequence"),
        (lambda c: change(c, ANCHOR_ATOMS, b"\xff" * 12), "not a finite number"),
    ],
)
def test_damage_is_told_before_the_library_sees_it(library, compressed, spoil, message):
    with pytest.raises(DatasetError, match=message):
        decode_fcz(spoil(compressed["1aki"]), library)
