"""Real chains compressed by Foldcomp, which the tests of its formats share."""

from __future__ import annotations

import gzip

import pytest

STRUCTURES = {"1aki": "1aki.pdb", "3o5r": "3o5r.pdb.gz", "1gcq": "1GCQ_l_b.pdb.gz"}


@pytest.fixture(scope="session")
def library():
    """Foldcomp's library; tests that need it are skipped where the extra is not installed."""
    return pytest.importorskip(
        "foldcomp", reason="needs the extra: pip install 'torch-proteingraph[foldcomp]'"
    )


@pytest.fixture(scope="session")
def texts(test_files):
    """Atoms of whole, unbroken chains in PDB format, of the first alternates; by name."""
    found = {}
    for name, file in STRUCTURES.items():
        content = (test_files / file).read_bytes()
        lines = (gzip.decompress(content) if file.endswith(".gz") else content).decode().split("\n")
        atoms = [line for line in lines if line.startswith("ATOM") and line[16] in " A"]
        found[name] = "".join(f"{line[:16]} {line[17:]}\n" for line in atoms)
    return found


@pytest.fixture(scope="session")
def compressed(library, texts):
    """The chains as Foldcomp compresses them, by name."""
    return {name: library.compress(name, text) for name, text in texts.items()}
